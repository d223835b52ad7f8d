import { act, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { StreamStatus } from '@/api/stream'
import type { FailureRowFragment } from '@/gen/graphql'
import { answer } from '@/testing/server'
import { TestApp } from '@/testing/TestApp'
import { FailureTail } from './FailureTail'
import type { FailureFilter } from './filter'

type Handlers = { onEdge: (edge: unknown) => void; onGap: (gap: unknown) => void }
const stream = vi.hoisted(() => ({
  active: false,
  from: null as unknown,
  handlers: null as Handlers | null,
  status: { phase: 'live', since: 0, resumed: false } as StreamStatus,
}))
vi.mock('@/api/useStream', () => ({
  useStream: (_key: string, source: { from: unknown }, handlers: Handlers, active: boolean) => {
    Object.assign(stream, { active, from: source.from, handlers })
    return stream.status
  },
}))

beforeEach(() => {
  // The test browser lays nothing out: the table's box gets a height here.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1_000)
})

const node = (position: number, connectionKey = `c-${position}`): FailureRowFragment => ({
  id: `f${position}`,
  sequence: String(position),
  occurredAt: '2026-11-23T12:00:00Z',
  connectionKey,
  taskKey: null,
  phase: 'RESPONSE',
  reason: 'INVALID_CLIENT',
  message: 'refused',
  httpStatus: 401,
  attempt: 1,
  retryable: false,
  oauthError: null,
})
const edge = (position: number, connectionKey?: string) => ({
  __typename: 'AuthFailureEdge',
  cursor: `cursor ${position}`,
  node: node(position, connectionKey),
})
const page = (...positions: number[]) => ({
  authFailures: { edges: positions.map(position => edge(position)), pageInfo: { hasNextPage: false } },
})

const come = (...edges: ReturnType<typeof edge>[]) =>
  act(async () => {
    for (const one of edges) stream.handlers?.onEdge(one)
    await new Promise(requestAnimationFrame)
  })

async function open(first: unknown, filter: FailureFilter = {}) {
  const asked = answer({ 'query FailurePage': () => first, 'query FailureHead': () => page(99) })
  render(<FailureTail filter={filter} onClearFilter={() => {}} selected={undefined} onSelect={() => {}} />, {
    wrapper: TestApp,
  })
  await screen.findByRole('button', { name: 'Pause' })
  return asked
}
const connections = () =>
  within(screen.getByRole('table'))
    .getAllByRole('row')
    .slice(1)
    .map(row => within(row).getAllByRole('cell')[2]?.textContent)

describe('the tail of failures', () => {
  it('starts the stream behind the newest failure of the page', async () => {
    await open(page(12, 9))
    expect(stream.active).toBe(true)
    expect(stream.from).toEqual({ after: 'cursor 12' })
    await come(edge(12), edge(15))
    expect(connections()).toEqual(['c-15', 'c-12', 'c-9'])
  })

  it('starts with the first of all when nothing has ever failed', async () => {
    await open(page())
    expect(stream.from).toEqual({ earliest: true })
    expect(screen.getByText(/^Nothing has failed since/)).toBeTruthy()
  })

  it('reads the head of the log before a filtered page, and starts there', async () => {
    const asked = await open(page(3), { connections: ['c-3'] })
    expect(asked.map(({ operation }) => operation)).toEqual(['query FailureHead', 'query FailurePage'])
    expect(stream.from).toEqual({ after: 'cursor 99' })
  })

  it('holds back what comes while it is paused, counts it, and shows it on Resume', async () => {
    await open(page(1))
    await userEvent.click(screen.getByRole('button', { name: 'Pause' }))
    await come(edge(2), edge(3))
    expect(stream.active).toBe(true)
    expect(connections()).toEqual(['c-1'])
    expect(screen.getByText('2 new')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Resume' }))
    expect(connections()).toEqual(['c-3', 'c-2', 'c-1'])
  })

  it('pauses and resumes with Space', async () => {
    await open(page(1))
    await userEvent.keyboard(' ')
    expect(screen.getByRole('button', { name: 'Resume' })).toBeTruthy()
    await userEvent.keyboard(' ')
    expect(screen.getByRole('button', { name: 'Pause' })).toBeTruthy()
  })

  it('is emptied by Clear, and goes on', async () => {
    await open(page(2, 1))
    await userEvent.click(screen.getByRole('button', { name: 'Clear' }))
    expect(screen.queryByRole('table')).toBeNull()
    expect(screen.getByRole('button', { name: 'Show older' })).toBeTruthy()
    await come(edge(3))
    expect(connections()).toEqual(['c-3'])
  })

  it('closes the stream on Stop and opens it on Live', async () => {
    await open(page(1))
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }))
    expect(stream.active).toBe(false)
    expect(screen.getByText(/^Stopped at/)).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Live' }))
    expect(stream.active).toBe(true)
  })

  it('shows repeats as one line that can be unfolded', async () => {
    await open(page(1))
    await come(edge(2, 'billing'), edge(3, 'billing'), edge(4, 'billing'))
    expect(connections()).toEqual(['billing', 'c-1'])
    await userEvent.click(screen.getByRole('button', { name: '×3, show each' }))
    expect(connections()).toEqual(['billing', 'billing', 'billing', 'billing', 'c-1'])
  })

  it('shows a gap as a row', async () => {
    await open(page(1))
    await act(async () => {
      stream.handlers?.onGap({ __typename: 'StreamGap', cursor: 'g', missed: '7', reason: 'SLOW_CONSUMER' })
      await new Promise(requestAnimationFrame)
    })
    await waitFor(() => expect(screen.getByText('7 events could not be shown')).toBeTruthy())
  })
})
