// A stream as part of a component.
import { useEffect, useRef, useState } from 'react'
import { openStream, type StreamHandlers, type StreamSource, type StreamStatus } from './stream'

/**
 * Keeps a stream open while `active`. The source is read when it opens: a change of `key` closes it and opens the new one.
 * Closed and opened again with the same key, it goes on where it was. Returns where it is.
 */
export function useStream<T, V, E extends { __typename: string; cursor: string }>(
  key: string,
  source: StreamSource<T, V>,
  handlers: Omit<StreamHandlers<E>, 'onStatus' | 'onCursor'>,
  active = true,
): StreamStatus {
  const [status, setStatus] = useState<StreamStatus>(() => ({ phase: 'connecting', since: Date.now() }))
  const current = useRef({ source, handlers })
  current.current = { source, handlers }
  const reached = useRef<{ key: string; cursor: string } | null>(null)
  useEffect(() => {
    if (!active) return
    const from = reached.current?.key === key ? { after: reached.current.cursor } : current.current.source.from
    return openStream<T, V, E>(
      { ...current.current.source, from },
      {
        onEdge: (edge, resumed) => current.current.handlers.onEdge(edge, resumed),
        onGap: gap => current.current.handlers.onGap?.(gap),
        onCursor: cursor => {
          reached.current = { key, cursor }
        },
        onStatus: setStatus,
      },
    )
  }, [key, active])
  return status
}
