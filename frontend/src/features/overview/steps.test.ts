import { expect, test } from 'vitest'
import type { ChecklistConnectionFragment, ChecklistQuery } from '@/gen/graphql'
import { stepsOf } from './steps'

const nothing: ChecklistQuery = {
  secrets: { nodes: [] },
  connections: { nodes: [] },
  httpExchanges: { nodes: [] },
  usageData: { totals: { cacheHits: 0 } },
}

const demo: ChecklistConnectionFragment = {
  key: 'demo',
  displayName: 'Demo API',
  allowedHosts: ['127.0.0.1:4010'],
  baseUrl: null,
  accessTokenUrl: 'http://127.0.0.1:4010/token',
  lastTest: null,
}

const done = (data: ChecklistQuery) => stepsOf(data).steps.flatMap(step => (step.done ? [step.name] : []))

test('on an empty install nothing is done', () => {
  expect(done(nothing)).toEqual([])
})

test('with the demo connection the first step left is the test', () => {
  expect(done({ ...nothing, secrets: { nodes: [{ key: 'demo-secret' }] }, connections: { nodes: [demo] } })).toEqual([
    'secret',
    'connection',
  ])
})

test('a test that failed is not done', () => {
  expect(done({ ...nothing, connections: { nodes: [{ ...demo, lastTest: { ok: false } }] } })).toEqual(['connection'])
})

test('the last step is done when a token came from the cache', () => {
  expect(done({ ...nothing, usageData: { totals: { cacheHits: 1 } } })).toEqual(['usage'])
})

test('the commands are about a connection that works, where there is one', () => {
  const works = { ...demo, key: 'crm', lastTest: { ok: true } }
  const { steps, connection } = stepsOf({ ...nothing, connections: { nodes: [demo, works] } })
  expect(connection?.key).toBe('crm')
  expect(steps.find(({ name }) => name === 'request')?.command).toContain('"url":"http://127.0.0.1:4010/"')
})

test('what the viewer may not see is not done, and the rest is as it is', () => {
  expect(done({ connections: { nodes: [{ ...demo, lastTest: { ok: true } }] } })).toEqual(['connection', 'test'])
})
