import { describe, expect, it } from 'vitest'
import { emptyRequest } from './values'
import { findVariables, hasVariableOutsideQuotes } from './variables'

describe('the variables of a request', () => {
  it('are those of URL, query, headers and body, each once, in the order of their first use', () => {
    const found = findVariables({
      ...emptyRequest(),
      url: 'https://api.example.com/{{region}}/orders?of={{ customer }}',
      query: [{ name: '{{not_here}}', value: '{{page}}' }],
      headers: [{ name: 'X-Tenant', value: 'a-{{region}}' }],
      body: { kind: 'json', text: '{{elsewhere}}', json: '{"note": "{{note}}"}', form: [], base64: '' },
    })
    expect(found.map(({ name }) => name)).toEqual(['region', 'customer', 'page', 'note'])
  })

  it('are not what stands for braces, nor what is no name', () => {
    const found = findVariables({ ...emptyRequest(), url: 'https://a.example/{{{{x}}/{{1a}}/{{a-b}}/{{/{{ok}}' })
    expect(found.map(({ name }) => name)).toEqual(['ok'])
  })

  it('stand alone outside of the quotes of a JSON text', () => {
    const body = { kind: 'text' as const, text: '{"a": {{list}}, "b": "\\"{{word}}"}', json: '', form: [], base64: '' }
    const headers = [{ name: 'content-type', value: 'application/problem+json; charset=utf-8' }]
    expect(findVariables({ ...emptyRequest(), headers, body })).toEqual([
      { name: 'list', standsAlone: true },
      { name: 'word', standsAlone: false },
    ])
    expect(findVariables({ ...emptyRequest(), body })).toEqual([
      { name: 'list', standsAlone: false },
      { name: 'word', standsAlone: false },
    ])
    expect(hasVariableOutsideQuotes('{"a": {{list}}}')).toBe(true)
    expect(hasVariableOutsideQuotes('{"a": "{{list}}"}')).toBe(false)
  })
})
