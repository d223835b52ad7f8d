import { expect, test } from 'vitest'
import type { HistoryEventFragment } from '@/gen/graphql'
import { versionsOf } from './versions'

const event = (version: number, type: string, data: unknown): HistoryEventFragment => ({
  sequence: String(version * 10),
  type,
  occurredAt: '2026-03-01T12:00:00Z',
  actor: { type: 'USER', id: 'u1', display: 'Ada' },
  target: { version },
  data,
})

const created = event(1, 'connection.created.v1', { definition: { client_id: 'a', labels: ['x'] } })
const updated = event(2, 'connection.updated.v1', { definition: { client_id: 'b', labels: ['x'] }, reason: 'moved' })
const disabled = event(3, 'connection.disabled.v1', { reason: null })
const renamed = event(4, 'connection.updated.v1', { definition: { client_id: 'b', labels: ['x', 'y'] }, reason: null })

test('a change names the parts that it changed, and why', () => {
  const [, second] = versionsOf([created, updated])
  expect([second?.changed, second?.reason]).toEqual([['client_id'], 'moved'])
})

test('the first version has changed nothing', () => {
  expect(versionsOf([created])[0]?.changed).toEqual([])
})

test('disabling keeps the definition', () => {
  expect(versionsOf([created, disabled])[1]?.snapshot).toEqual({ client_id: 'a', labels: ['x'], enabled: false })
})

test('a change of a disabled connection leaves it disabled', () => {
  const last = versionsOf([created, updated, disabled, renamed]).at(-1)
  expect([last?.changed, last?.snapshot?.enabled]).toEqual([['labels'], false])
})

test('without the events before, what is known starts with the next whole definition', () => {
  const [first, second] = versionsOf([disabled, renamed])
  expect(first?.snapshot).toBeNull()
  expect(second?.snapshot).toEqual({ client_id: 'b', labels: ['x', 'y'] })
  expect(second?.changed).toEqual([])
})
