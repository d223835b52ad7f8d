import { describe, expect, it } from 'vitest'
import type { EditedTaskFragment } from '@/gen/graphql'
import { emptyRun, type RunValues, runFieldOf, runInput, runProblems } from './runInput'

const run: RunValues = {
  variables: [
    { name: 'customer', value: '7', json: false },
    { name: 'lines', value: '[{"sku": "a"}]', json: true },
  ],
  parameterOverrides: [
    { name: '', value: '', placement: 'BODY' },
    { name: 'scope', value: '', placement: 'BODY' },
  ],
}

describe('a run', () => {
  it('gives a text as it was typed, and a JSON value as a value', () => {
    expect(runInput('create-order', run)).toEqual({
      key: 'create-order',
      variables: { customer: '7', lines: [{ sku: 'a' }] },
      parameterOverrides: [{ name: 'scope', value: '', placement: 'BODY' }],
    })
  })

  it('says nothing of overrides when there are none', () => {
    expect(runInput('a', { variables: [], parameterOverrides: [] })).toEqual({ key: 'a', variables: {} })
  })

  it('is not made with a JSON value that is none', () => {
    const wrong = { ...run, variables: [{ name: 'lines', value: '[', json: true }] }
    expect(runProblems(wrong)).toMatchObject([{ field: 'variables.0.value' }])
    expect(runProblems(run)).toEqual([])
    expect(runProblems({ ...run, variables: [{ name: 'a', value: '[', json: false }] })).toEqual([])
  })

  it('finds the field that an error is about', () => {
    expect(runFieldOf('variables.lines', run)).toBe('variables.1.value')
    expect(runFieldOf('variables.other', run)).toBeNull()
    expect(runFieldOf('variables', run)).toBeNull()
    expect(runFieldOf('parameterOverrides.0.name', run)).toBe('parameterOverrides.1.name')
    expect(runFieldOf('parameterOverrides', run)).toBe('parameterOverrides')
    expect(runFieldOf('key', run)).toBeNull()
  })

  it('asks for the variables of the stored task, those in masked values too', () => {
    const task = {
      displayName: 'Create an order',
      target: 'https://api.example.com/orders',
      endpoint: null,
      timeout: 'PT30S',
      authorization: { type: 'NONE', connectionKey: null, parameterOverrides: [], forceNewToken: false },
      request: {
        url: 'https://api.example.com/{{region}}',
        headers: [
          { name: 'Content-Type', value: 'application/json' },
          { name: 'X-Api-Key', value: '••••' },
        ],
        query: [],
        body: '{"lines": {{lines}}}',
        form: [],
        bodyKind: 'TEXT',
        variables: ['lines', 'part_of_key', 'region'],
      },
    } as Partial<EditedTaskFragment> as EditedTaskFragment
    expect(emptyRun(task).variables).toEqual([
      { name: 'region', value: '', json: false },
      { name: 'lines', value: '', json: true },
      { name: 'part_of_key', value: '', json: false },
    ])
  })
})
