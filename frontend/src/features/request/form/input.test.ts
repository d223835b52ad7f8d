import { describe, expect, it } from 'vitest'
import { problemsOf, requestFieldOf, requestInput } from './input'
import { emptyRequest, type RequestValues } from './values'

const full: RequestValues = {
  method: 'POST',
  url: ' https://api.example.com/orders ',
  query: [
    { name: '', value: '' },
    { name: 'page', value: '2' },
    { name: 'flag', value: '' },
  ],
  headers: [{ name: 'X-Tenant', value: 'a' }],
  body: {
    kind: 'json',
    text: 'kept',
    json: '{"a":[1]}',
    form: [
      { name: 'b', value: '' },
      { name: '', value: '' },
    ],
    base64: 'AA\n==',
  },
  authorization: {
    type: 'CLIENT_CONNECTION',
    key: 'orders',
    parameterOverrides: [
      { name: '', value: '', placement: 'BODY' },
      { name: 'scope', value: '', placement: 'BODY' },
      { name: 'X-Realm', value: 'r', placement: 'HEADER' },
    ],
    forceNewToken: true,
  },
  timeout: '1.5',
  followRedirects: true,
  retryOnFailure: true,
  retryNonIdempotent: true,
}

describe('the input of a request', () => {
  it('has everything that was typed, without the empty rows', () => {
    expect(requestInput(full)).toEqual({
      method: 'POST',
      url: 'https://api.example.com/orders',
      query: [
        { name: 'page', value: '2' },
        { name: 'flag', value: '' },
      ],
      headers: [{ name: 'X-Tenant', value: 'a' }],
      body: { json: { a: [1] } },
      authorization: {
        clientConnection: {
          key: 'orders',
          parameterOverrides: [
            { name: 'scope', value: '', placement: 'BODY' },
            { name: 'X-Realm', value: 'r', placement: 'HEADER' },
          ],
          forceNewToken: true,
        },
      },
      timeout: 'PT1.5S',
      followRedirects: true,
      retryOnFailure: true,
      retryNonIdempotent: true,
    })
  })

  it('has null where nothing was typed', () => {
    const authorization = { ...full.authorization, type: 'NONE' as const }
    expect(requestInput({ ...emptyRequest(), url: 'https://a.example', authorization })).toEqual({
      method: 'GET',
      url: 'https://a.example',
      query: null,
      headers: null,
      body: null,
      authorization: { none: true },
      timeout: null,
      followRedirects: false,
      retryOnFailure: false,
      retryNonIdempotent: false,
    })
  })

  it('has the one body that is chosen', () => {
    const bodyAs = (kind: RequestValues['body']['kind']) => requestInput({ ...full, body: { ...full.body, kind } }).body
    expect(bodyAs('none')).toBeNull()
    expect(bodyAs('text')).toEqual({ text: 'kept' })
    expect(bodyAs('form')).toEqual({ form: [{ name: 'b', value: '' }] })
    expect(bodyAs('base64')).toEqual({ base64: 'AA==' })
  })

  it('repeats POST and PATCH only if requests are repeated at all', () => {
    expect(requestInput({ ...full, retryOnFailure: false }).retryNonIdempotent).toBe(false)
  })
})

describe('what can not be sent', () => {
  const problems = (values: Partial<RequestValues>, isTask = false) =>
    problemsOf({ ...full, ...values }, isTask).map(({ field, why }) => `${field} ${why}`)

  it('is nothing when all is well', () => {
    expect(problems({})).toEqual([])
    expect(problems({ timeout: ' ' })).toEqual([])
  })

  it('is an authorisation without a connection', () => {
    expect(problems({ authorization: { ...full.authorization, key: null } })).toEqual([
      'authorization.key NO_CONNECTION',
    ])
    expect(problems({ authorization: { ...full.authorization, type: 'NONE', key: null } })).toEqual([])
  })

  it('is a body that is no JSON, when JSON is chosen', () => {
    const body = { ...full.body, json: '{' }
    expect(problems({ body })).toEqual(['body.json INVALID_JSON'])
    expect(problems({ body: { ...body, kind: 'text' } })).toEqual([])
    expect(problems({ body: { ...body, json: '[12345678901234567890]' } })).toEqual(['body.json INEXACT_NUMBER'])
  })

  it('is a variable outside of quotes in the JSON of a task', () => {
    const body = { ...full.body, json: '{"a": {{list}}}' }
    expect(problems({ body }, true)).toEqual(['body.json VARIABLE_OUTSIDE_QUOTES'])
    expect(problems({ body }, false)).toEqual(['body.json INVALID_JSON'])
    expect(problems({ body: { ...body, json: '{"a": "{{list}}"}' } }, true)).toEqual([])
  })

  it('is a timeout that is no number of seconds', () => {
    expect(problems({ timeout: 'soon' })).toEqual(['timeout NO_DURATION'])
    expect(problems({ timeout: '-1' })).toEqual(['timeout NO_DURATION'])
  })
})

describe('the field that an error belongs to', () => {
  it('is the row as it is shown, not as it was sent', () => {
    expect(requestFieldOf('query.0.name', full)).toBe('query.1.name')
    expect(requestFieldOf('headers.0.value', full)).toBe('headers.0.value')
    expect(requestFieldOf('authorization.clientConnection.parameterOverrides.1.name', full)).toBe(
      'authorization.parameterOverrides.2.name',
    )
  })

  it('has the name that it has in the form', () => {
    expect(requestFieldOf('authorization.clientConnection.key', full)).toBe('authorization.key')
    expect(requestFieldOf('authorization.none', full)).toBe('authorization.type')
    expect(requestFieldOf('body', full)).toBe('body.kind')
    expect(requestFieldOf('body.json', full)).toBe('body.json')
    expect(requestFieldOf('headers', full)).toBe('headers')
    expect(requestFieldOf('url', full)).toBe('url')
  })
})
