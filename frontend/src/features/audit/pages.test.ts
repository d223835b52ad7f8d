import { expect, test } from 'vitest'
import { type EventEdge, type EventPages, neighboursOf, ROWS_MAX, rowsOf, withTail } from './pages'

const edge = (sequence: number): EventEdge => ({
  cursor: `c${sequence}`,
  node: {
    sequence: String(sequence),
    eventId: `e${sequence}`,
    type: 'secret.created.v1',
    occurredAt: '2026-03-01T12:00:00Z',
    outcome: 'SUCCESS',
    actor: { type: 'SYSTEM', id: 'system', display: 'Latchkey' },
    target: { type: 'secret', id: 'a', key: 'a', version: 1 },
  },
})
const edges = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => edge(from + index))
const page = (from: number, to: number) => ({
  edges: edges(from, to),
  pageInfo: { hasPreviousPage: from > 1, startCursor: `c${from}` },
})
const sequences = (data: EventPages) => rowsOf(data).map(row => Number(row.node.sequence))

test('rows go from the newest of the first page to the oldest of the last', () => {
  expect(sequences({ pages: [page(4, 6), page(1, 3)], pageParams: [null, 'c4'] })).toEqual([6, 5, 4, 3, 2, 1])
})

test('what the tail says comes on top, each event once', () => {
  const data: EventPages = { pages: [page(1, 3)], pageParams: [null] }
  expect(sequences(withTail(data, edges(3, 5)))).toEqual([5, 4, 3, 2, 1])
  expect(withTail(data, edges(2, 3))).toBe(data)
})

test('a tail onto an empty list is the list', () => {
  const empty = { edges: [], pageInfo: { hasPreviousPage: false, startCursor: null } }
  expect(sequences(withTail({ pages: [empty], pageParams: [null] }, edges(1, 2)))).toEqual([2, 1])
})

test('with too many rows the oldest page is forgotten', () => {
  const data: EventPages = { pages: [page(101, 100 + ROWS_MAX), page(1, 100)], pageParams: [null, 'c101'] }
  const after = withTail(data, [edge(101 + ROWS_MAX)])
  expect(after.pageParams).toEqual([null])
  expect(sequences(after).at(-1)).toBe(101)
})

test('with too many rows of one page its oldest are forgotten, and can be loaded again', () => {
  const after = withTail({ pages: [page(1, ROWS_MAX)], pageParams: [null] }, edges(ROWS_MAX + 1, ROWS_MAX + 10))
  expect(rowsOf(after)).toHaveLength(ROWS_MAX)
  expect(after.pages[0]?.pageInfo).toEqual({ hasPreviousPage: true, startCursor: 'c11' })
})

test('in the whole log the neighbours are the next positions, loaded or not', () => {
  const rows = [edge(9), edge(8)]
  expect(neighboursOf(rows, 3, true)).toEqual({ older: 2, newer: 4 })
  expect(neighboursOf(rows, 1, true)).toEqual({ older: undefined, newer: 2 })
  expect(neighboursOf(rows, 9, true)).toEqual({ older: 8, newer: undefined })
})

test('in what was found the neighbours are the next rows', () => {
  const rows = [edge(9), edge(5), edge(2)]
  expect(neighboursOf(rows, 5, false)).toEqual({ older: 2, newer: 9 })
  expect(neighboursOf(rows, 2, false)).toEqual({ older: undefined, newer: 5 })
  expect(neighboursOf(rows, 4, false)).toEqual({ older: undefined, newer: undefined })
})
