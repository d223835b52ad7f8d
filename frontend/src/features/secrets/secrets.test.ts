import { describe, expect, it } from 'vitest'
import type { SecretRowFragment } from '@/gen/graphql'
import { filterSecrets, usesOf } from './queries'
import { momentOf, spanOf } from './span'

const secret = (key: string, displayName: string): SecretRowFragment => ({
  key,
  displayName,
  provider: 'DATABASE',
  fingerprint: `fp-${key}`,
  version: 1,
  createdAt: '2026-11-23T08:00:00Z',
  rotatedAt: null,
  expiresAt: null,
  previous: null,
  warnings: [],
  usedBy: { totalCount: 2 },
  usedByTasks: { totalCount: 1 },
})

describe('filterSecrets', () => {
  const rows = [secret('billing', 'Billing API'), secret('crm', 'Customers of billing')]
  const found = (typed: string) => filterSecrets(rows, typed).map(({ key }) => key)

  it('looks at Key, Display Name and fingerprint, any case', () => {
    expect(found('BILLING')).toEqual(['billing', 'crm'])
    expect(found('fp-crm')).toEqual(['crm'])
  })

  it('wants every word', () => {
    expect(found('billing api')).toEqual(['billing'])
    expect(found('  ')).toEqual(['billing', 'crm'])
    expect(found('nothing')).toEqual([])
  })
})

describe('usesOf', () => {
  it('counts connections and tasks', () => {
    expect(usesOf(secret('a', 'A'))).toBe(3)
  })

  it('does not guess what the viewer may not see', () => {
    expect(usesOf({ usedBy: null, usedByTasks: { totalCount: 0 } })).toBeNull()
  })
})

describe('the time of a form', () => {
  it('is a moment of the zone of the reader', () => {
    const moment = momentOf('2026-11-30T09:05')
    expect(moment).toMatch(/Z$/)
    expect(new Date(moment ?? '')).toEqual(new Date(2026, 10, 30, 9, 5))
  })

  it('is none when the field is empty', () => {
    expect(momentOf('')).toBeUndefined()
  })
})

describe('spanOf', () => {
  it('writes spans as the API reads them', () => {
    expect(spanOf('90', 'minutes')).toBe('PT90M')
    expect(spanOf(' 12 ', 'hours')).toBe('PT12H')
    expect(spanOf('7', 'days')).toBe('P7D')
  })

  it('takes whole numbers alone', () => {
    for (const text of ['', '-1', '1.5', 'x', '1e3']) expect(spanOf(text, 'days')).toBeNull()
  })
})
