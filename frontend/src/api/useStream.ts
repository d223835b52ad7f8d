// A stream as part of a component.
import { useEffect, useRef, useState } from 'react'
import { openStream, type StreamHandlers, type StreamSource, type StreamStatus } from './stream'

/**
 * Keeps a stream open while `active`. The source is read when it opens: a change of `key` closes it and opens the new one.
 * Returns where it is.
 */
export function useStream<T, V, E extends { __typename: string; cursor: string }>(
  key: string,
  source: StreamSource<T, V>,
  handlers: Omit<StreamHandlers<E>, 'onStatus'>,
  active = true,
): StreamStatus {
  const [status, setStatus] = useState<StreamStatus>(() => ({ phase: 'connecting', since: Date.now() }))
  const current = useRef({ source, handlers })
  current.current = { source, handlers }
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the source
  useEffect(() => {
    if (!active) return
    return openStream<T, V, E>(current.current.source, {
      onEdge: (edge, resumed) => current.current.handlers.onEdge(edge, resumed),
      onGap: gap => current.current.handlers.onGap?.(gap),
      onStatus: setStatus,
    })
  }, [key, active])
  return status
}
