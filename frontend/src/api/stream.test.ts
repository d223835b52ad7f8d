import type { Sink, SubscribePayload } from 'graphql-ws'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TypedDocumentString } from '@/gen/graphql'
import { onSignedOut } from './request'
import { openStream, type StreamStatus } from './stream'

type Subscribed = { payload: SubscribePayload; sink: Sink; stopped: boolean }
const subscribed: Subscribed[] = vi.hoisted(() => [])

vi.mock('graphql-ws', () => ({
  createClient: () => ({
    subscribe: (payload: SubscribePayload, sink: Sink) => {
      const entry = { payload, sink, stopped: false }
      subscribed.push(entry)
      return () => {
        entry.stopped = true
      }
    },
  }),
}))

type Data = { item: { __typename: string; cursor: string; live?: boolean } }
const document = new TypedDocumentString('subscription { item }') as unknown as TypedDocumentString<
  Data,
  { from?: unknown; filter: string }
>

let statuses: StreamStatus[] = []
let edges: [string, boolean][] = []
let gaps: string[] = []

function open() {
  return openStream(
    { document, variables: { filter: 'x' }, from: null, select: (data: Data) => data.item },
    {
      onEdge: (edge, resumed) => edges.push([edge.cursor, resumed]),
      onStatus: status => statuses.push(status),
      onGap: gap => gaps.push(gap.cursor),
    },
  )
}

function last(): Subscribed {
  const entry = subscribed.at(-1)
  if (!entry) throw new Error('nothing was subscribed')
  return entry
}

const say = (item: Data['item']) => last().sink.next({ data: { item } })

beforeEach(() => {
  vi.useFakeTimers()
  subscribed.length = 0
  statuses = []
  edges = []
  gaps = []
})
afterEach(() => {
  vi.useRealTimers()
})

test('the first attempt starts where it is told to', () => {
  open()
  expect(last().payload.variables).toEqual({ filter: 'x', from: null })
  expect(statuses.map(status => status.phase)).toEqual(['connecting'])
})

test('after a loss it goes on behind the last cursor that was seen', () => {
  open()
  say({ __typename: 'Edge', cursor: 'c7' })
  last().sink.error(new Event('close'))
  expect(statuses.at(-1)?.phase).toBe('lost')
  expect(subscribed).toHaveLength(1)
  vi.advanceTimersByTime(250)
  expect(subscribed).toHaveLength(2)
  expect(last().payload.variables).toEqual({ filter: 'x', from: { after: 'c7' } })
})

test('a bookmark moves the cursor as an entry does', () => {
  open()
  say({ __typename: 'StreamBookmark', cursor: 'b1', live: true })
  last().sink.complete()
  vi.advanceTimersByTime(250)
  expect(last().payload.variables).toMatchObject({ from: { after: 'b1' } })
})

test('only the first entry after a loss, and the live bookmark behind it, are called resumed', () => {
  open()
  say({ __typename: 'StreamBookmark', cursor: 'b1', live: true })
  last().sink.error(new Event('close'))
  vi.advanceTimersByTime(250)
  say({ __typename: 'Edge', cursor: 'c2' })
  say({ __typename: 'Edge', cursor: 'c3' })
  say({ __typename: 'StreamBookmark', cursor: 'b3', live: true })
  say({ __typename: 'StreamBookmark', cursor: 'b4', live: true })
  expect(edges).toEqual([
    ['c2', true],
    ['c3', false],
  ])
  expect(statuses.filter(status => status.phase === 'live').map(status => status.resumed)).toEqual([false, true, false])
})

test('since tells when the connection was lost, however often it was tried again', () => {
  vi.setSystemTime(1_000)
  open()
  last().sink.error(new Event('close'))
  vi.advanceTimersByTime(250)
  last().sink.error(new Event('close'))
  vi.advanceTimersByTime(500)
  expect(subscribed).toHaveLength(3)
  expect(statuses.at(-1)).toMatchObject({ phase: 'lost', since: 1_000, attempt: 2 })
})

test('an answer with GraphQL errors is not asked for again', () => {
  open()
  last().sink.error([{ message: 'This needs the permission view:UsageData.' }] as never)
  vi.advanceTimersByTime(60_000)
  expect(subscribed).toHaveLength(1)
  expect(statuses.at(-1)).toMatchObject({ phase: 'refused', message: 'This needs the permission view:UsageData.' })
})

test('a gap is told and gone over', () => {
  open()
  say({ __typename: 'StreamGap', cursor: 'g1' })
  last().sink.error(new Event('close'))
  vi.advanceTimersByTime(250)
  expect(gaps).toEqual(['g1'])
  expect(last().payload.variables).toMatchObject({ from: { after: 'g1' } })
})

test('a closed stream stays closed', () => {
  const close = open()
  close()
  expect(last().stopped).toBe(true)
  last().sink.error(new Event('close'))
  vi.advanceTimersByTime(60_000)
  expect(subscribed).toHaveLength(1)
  expect(statuses.map(status => status.phase)).toEqual(['connecting'])
})

test('a session that is over is told, and not asked again', () => {
  const listener = vi.fn()
  const stop = onSignedOut(listener)
  open()
  last().sink.error({ code: 4403, reason: 'Forbidden' })
  stop()
  expect(listener).toHaveBeenCalledTimes(1)
  expect(statuses.at(-1)).toMatchObject({ phase: 'refused', message: 'Forbidden' })
  vi.advanceTimersByTime(60_000)
  expect(subscribed).toHaveLength(1)
})

test('any other closing of the line is a loss', () => {
  const listener = vi.fn()
  const stop = onSignedOut(listener)
  open()
  last().sink.error({ code: 1006, reason: '' })
  stop()
  expect(listener).not.toHaveBeenCalled()
  expect(statuses.at(-1)?.phase).toBe('lost')
})

test('a detail that may not be seen does not take the entry with it', () => {
  open()
  const hidden = { message: 'No.', path: ['item', 'name'], extensions: { code: 'FORBIDDEN' } }
  last().sink.next({ data: { item: { __typename: 'Edge', cursor: 'c1' } }, errors: [hidden] } as never)
  expect(edges).toEqual([['c1', false]])
  expect(statuses.some(({ phase }) => phase === 'refused')).toBe(false)
  const failed = { message: 'Broken.', path: ['item'], extensions: { code: 'INTERNAL' } }
  last().sink.next({ data: null, errors: [failed] } as never)
  expect(statuses.at(-1)).toMatchObject({ phase: 'refused', message: 'Broken.' })
})

test('a first attempt from now that failed is not resumed: what came in between is unknown', () => {
  open()
  last().sink.error(new Event('close'))
  vi.advanceTimersByTime(250)
  say({ __typename: 'Edge', cursor: 'c1' })
  say({ __typename: 'StreamBookmark', cursor: 'b1', live: true })
  expect(edges).toEqual([['c1', false]])
  expect(statuses.at(-1)).toMatchObject({ phase: 'live', resumed: false })
})
