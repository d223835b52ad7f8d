import { renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StreamHandlers } from '@/api/stream'
import { TestApp, testClient } from '@/testing/TestApp'
import { useLiveStates } from './useConnections'

type Edge = { __typename: string; cursor: string; node: { key: string } }
let handlers: Pick<StreamHandlers<Edge>, 'onEdge'> | null = null
vi.mock('@/api/useStream', () => ({
  useStream: (_key: string, _source: unknown, given: typeof handlers) => {
    handlers = given
    return { phase: 'connecting', since: 0 }
  },
}))

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a burst of events asks for the list and for its usage once', () => {
  const client = testClient()
  const invalidate = vi.spyOn(client, 'invalidateQueries')
  renderHook(() => useLiveStates(0), { wrapper: ({ children }) => <TestApp client={client}>{children}</TestApp> })
  for (const key of ['a', 'b', 'c']) handlers?.onEdge({ __typename: 'Edge', cursor: key, node: { key } }, false)
  expect(invalidate).not.toHaveBeenCalled()
  vi.runAllTimers()
  expect(invalidate.mock.calls.map(([filter]) => filter?.queryKey)).toEqual([
    ['connections', 'list'],
    ['usage', 'connections'],
  ])
})
