import { describe, expect, it } from 'vitest'
import { filterOf, isEverything } from './filter'

describe('filterOf', () => {
  it('brings what the address says into the words of the API', () => {
    expect(
      filterOf({ connection: ['billing', 'crm'], task: ['nightly'], phase: ['DNS'], reason: ['INVALID_CLIENT'] }),
    ).toEqual({ connections: ['billing', 'crm'], tasks: ['nightly'], phases: ['DNS'], reasons: ['INVALID_CLIENT'] })
  })

  it('leaves out what the server would refuse', () => {
    const filter = filterOf({ connection: ['No Key'], phase: ['NEWER', 'toString'], reason: [] })
    expect(filter).toEqual({})
    expect(isEverything(filter)).toBe(true)
  })
})
