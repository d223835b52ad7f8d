import { act, renderHook } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { TypedDocumentString } from '@/gen/graphql'
import type { StreamHandlers, StreamSource } from './stream'
import { useStream } from './useStream'

type Edge = { __typename: 'Edge'; cursor: string }
const opened = vi.hoisted(() => ({ from: [] as unknown[], handlers: [] as StreamHandlers<Edge>[], closed: 0 }))
vi.mock('./stream', () => ({
  openStream: (source: { from: unknown }, handlers: StreamHandlers<Edge>) => {
    opened.from.push(source.from)
    opened.handlers.push(handlers)
    return () => {
      opened.closed += 1
    }
  },
}))

const source: StreamSource<Edge, object> = {
  document: new TypedDocumentString('subscription { x }') as StreamSource<Edge, object>['document'],
  variables: {},
  from: { after: 'start' },
  select: edge => edge,
}

describe('useStream', () => {
  it('goes on where it was when it is opened again, and anew with another key', () => {
    const { rerender } = renderHook(
      ({ name, active }) => useStream<Edge, object, Edge>(name, source, { onEdge: () => {} }, active),
      { initialProps: { name: 'a', active: true } },
    )
    act(() => opened.handlers[0]?.onCursor?.('later'))
    rerender({ name: 'a', active: false })
    expect(opened.closed).toBe(1)
    rerender({ name: 'a', active: true })
    rerender({ name: 'b', active: true })
    expect(opened.from).toEqual([{ after: 'start' }, { after: 'later' }, { after: 'start' }])
  })
})
