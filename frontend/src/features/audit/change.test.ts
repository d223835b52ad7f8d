import { expect, test } from 'vitest'
import { changeOf, reasonOf } from './change'

const definition = { display_name: 'Billing' }

test('the first event of a connection is compared with nothing', () => {
  expect(changeOf('connection.created.v1', { definition })).toMatchObject({ after: definition, types: [] })
})

test('a change is compared with what the events before it say', () => {
  const change = changeOf('task.updated.v1', { definition, reason: 'why' })
  expect(change).toMatchObject({ after: definition, types: ['task.created.v1', 'task.updated.v1'] })
  expect(change?.said({ definition: 1 })).toBe(1)
})

test('after the end of a target nothing is left', () => {
  const change = changeOf('connection.deleted.v1', { reason: null })
  expect(change).toMatchObject({ after: undefined, types: ['connection.created.v1', 'connection.updated.v1'] })
})

test('of a secret the fingerprints are compared', () => {
  const change = changeOf('secret.rotated.v1', { fingerprint: 'b', reason: 'leaked' })
  expect(change?.after).toEqual({ fingerprint: 'b' })
  expect(change?.said({ display_name: 'x', fingerprint: 'a', provider: 'DATABASE' })).toEqual({ fingerprint: 'a' })
})

test('what happens to tokens and requests changes nothing', () => {
  expect(changeOf('token.issued.v1', {})).toBeNull()
  expect(changeOf('exchange.completed.v1', {})).toBeNull()
})

test('only a reason that a person gave is one', () => {
  expect(reasonOf('connection.disabled.v1', { reason: 'maintenance' })).toBe('maintenance')
  expect(reasonOf('secret.rotated.v1', { reason: null })).toBeNull()
  expect(reasonOf('token.issued.v1', { reason: 'FIRST' })).toBeNull()
})
