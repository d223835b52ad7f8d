import { describe, expect, test } from 'vitest'
import type { ConnectionRowFragment } from '@/gen/graphql'
import { hostOf } from './ConnectionTable'
import { failuresByHour, hourOf } from './failuresByHour'
import { filterOf, statesOf } from './filter'
import { withRow } from './useConnections'

describe('the filter', () => {
  test('is null when everything is meant', () => {
    expect(filterOf({})).toBeNull()
    expect(filterOf({ q: '  ', state: [] })).toBeNull()
  })

  test('drops states that there are not', () => {
    expect(statesOf({ state: ['FAILING', 'nonsense', 'toString'] })).toEqual(['FAILING'])
    expect(filterOf({ q: ' crm ', state: ['FAILING', 'x'] })).toEqual({ query: 'crm', states: ['FAILING'] })
  })
})

describe('failures by hour', () => {
  const point = (at: string, authFailures: number) => ({ at, totals: { authFailures } })
  const last = hourOf(Date.parse('2026-11-23T09:47:00Z'))

  test('are 24 bars, the newest last, with nothing where nothing is said', () => {
    const bars = failuresByHour([point('2026-11-22T10:00:00Z', 2), point('2026-11-23T09:00:00+00:00', 5)], last)
    expect(bars).toHaveLength(24)
    expect([bars[0], bars[1], bars[23]]).toEqual([2, 0, 5])
  })

  test('leave out what is older or newer', () => {
    const bars = failuresByHour([point('2026-11-22T09:00:00Z', 2), point('2026-11-23T10:00:00Z', 5)], last)
    expect(bars.every(count => count === 0)).toBe(true)
  })
})

describe('a row that has changed', () => {
  const row = (key: string, state: ConnectionRowFragment['state']): ConnectionRowFragment => ({
    key,
    displayName: key,
    accessTokenUrl: 'https://issuer.example/token',
    labels: [],
    authentication: { __typename: 'PublicClientAuthentication' },
    state,
    stateReason: null,
    stateSince: null,
    warnings: [],
    lastUsedAt: null,
    updatedAt: '2026-11-23T08:00:00Z',
  })
  const page = (...nodes: ConnectionRowFragment[]) => ({
    nodes,
    pageInfo: { hasNextPage: false, endCursor: null },
    totalCount: nodes.length,
  })
  const pages = { pages: [page(row('a', 'UNTESTED')), page(row('b', 'UNTESTED'))], pageParams: [null, 'x'] }

  test('is replaced on whichever page it is', () => {
    const renewed = withRow(pages, row('b', 'FAILING'))
    expect(renewed.pages[1]?.nodes[0]?.state).toBe('FAILING')
    expect(renewed.pages[0]?.nodes[0]).toBe(pages.pages[0]?.nodes[0])
  })

  test('changes nothing where it is not', () => {
    expect(withRow(pages, row('c', 'FAILING'))).toBe(pages)
    expect(withRow(undefined, row('c', 'FAILING'))).toBeUndefined()
  })
})

test('the host of an address has its port', () => {
  expect(hostOf('https://issuer.example:8443/token')).toBe('issuer.example:8443')
  expect(hostOf('nonsense')).toBe('nonsense')
})
