import { describe, expect, it } from 'vitest'
import { prettyJson, readJson } from './json'

describe('a JSON text', () => {
  it('is read into its value', () => {
    expect(readJson('{"a":[1,-2.50,1e3,0,0.0,"12345678901234567890"],"b":null}')).toEqual({
      ok: true,
      value: { a: [1, -2.5, 1000, 0, 0, '12345678901234567890'], b: null },
    })
  })

  it('is refused when it is none', () => {
    expect(readJson('{"a":}')).toMatchObject({ ok: false, why: 'INVALID_JSON' })
    expect(readJson('')).toMatchObject({ ok: false, why: 'INVALID_JSON' })
  })

  it('is refused when a number would be sent as another one', () => {
    expect(readJson('{"id": 12345678901234567890}')).toEqual({
      ok: false,
      why: 'INEXACT_NUMBER',
      detail: '12345678901234567890',
    })
    expect(readJson('[9007199254740993]')).toMatchObject({ why: 'INEXACT_NUMBER' })
    expect(readJson('[1e400]')).toMatchObject({ why: 'INEXACT_NUMBER' })
    expect(readJson('[9007199254740992, 1e21, 0.1, 123456789012345680000]')).toMatchObject({ ok: true })
  })
})

describe('laying a JSON text out', () => {
  it('puts every member on a line of its own', () => {
    expect(prettyJson('{"a":[1,{"b":true}],"c":{},"d":[]}')).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": true\n    }\n  ],\n  "c": {},\n  "d": []\n}',
    )
  })

  it('keeps numbers, repeated names and what stands in strings as they are', () => {
    expect(prettyJson('{"n":12345678901234567890,"n":1.0,"s":"a, {b}: \\"c\\" [  ]"}')).toBe(
      '{\n  "n": 12345678901234567890,\n  "n": 1.0,\n  "s": "a, {b}: \\"c\\" [  ]"\n}',
    )
  })

  it('says when there is nothing to lay out', () => {
    expect(prettyJson('<html>')).toBeNull()
    expect(prettyJson('{"a":1')).toBeNull()
  })
})
