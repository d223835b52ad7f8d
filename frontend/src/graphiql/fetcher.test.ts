import { expect, test } from 'vitest'
import { isSubscription } from './fetcher'
import { createMemory } from './memory'

test('the operation that is named decides', () => {
  const query = 'query a { viewer { permissions } } subscription b { auditEvents { __typename } }'
  expect(isSubscription({ query, operationName: 'b' })).toBe(true)
  expect(isSubscription({ query, operationName: 'a' })).toBe(false)
})

test('a single operation needs no name', () => {
  expect(isSubscription({ query: 'subscription { auditEvents { __typename } }' })).toBe(true)
  expect(isSubscription({ query: '{ viewer { permissions } }' })).toBe(false)
})

test('what is no GraphQL goes over HTTP, where the server refuses it', () => {
  expect(isSubscription({ query: 'subscription {' })).toBe(false)
})

test('the memory keeps, forgets and counts', () => {
  const memory = createMemory()
  memory.setItem('a', '1')
  memory.setItem('b', '2')
  memory.removeItem('a')
  expect([memory.getItem('a'), memory.getItem('b'), memory.length]).toEqual([null, '2', 1])
  memory.clear()
  expect(memory.length).toBe(0)
  expect(localStorage.length).toBe(0)
})
