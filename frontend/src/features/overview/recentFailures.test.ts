import { expect, test } from 'vitest'
import type { FailureListItemFragment } from '@/gen/graphql'
import { type RecentFailures, withFailure } from './recentFailures'

const edge = (id: string) => {
  const node: FailureListItemFragment & { sequence: string } = {
    id,
    sequence: id,
    occurredAt: '2026-03-01T12:00:00Z',
    connectionKey: 'crm',
    phase: 'RESPONSE',
    reason: 'INVALID_CLIENT',
    message: 'refused',
    remedy: { summary: 'Check the secret.', field: null },
  }
  return { cursor: id, node }
}
const known: RecentFailures = {
  from: '2026-03-01T11:00:00Z',
  edges: [edge('5'), edge('4'), edge('3'), edge('2'), edge('1')],
  total: 9,
}
const ids = ({ edges }: RecentFailures) => edges.map(({ node }) => node.id)

test('a new failure comes in front, and the oldest goes', () => {
  const now = withFailure(known, edge('6'))
  expect([ids(now), now.total]).toEqual([['6', '5', '4', '3', '2'], 10])
})

test('one that is there already is not counted twice', () => {
  expect(withFailure(known, edge('4'))).toBe(known)
})

test('one that was counted and is no longer shown is neither shown nor counted again', () => {
  const later = { ...known, edges: [edge('12'), edge('11'), edge('10'), edge('9'), edge('8')] }
  expect(withFailure(later, edge('7'))).toBe(later)
})

test('the first one is shown', () => {
  expect(ids(withFailure({ ...known, edges: [], total: 0 }, edge('1')))).toEqual(['1'])
})

test('where nobody has counted, nothing is added up', () => {
  expect(withFailure({ ...known, total: null }, edge('6')).total).toBeNull()
})
