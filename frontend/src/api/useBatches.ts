// A burst of a stream's entries is one change of the page.
import { useCallback, useEffect, useRef } from 'react'

/** Windows that are not seen have no frames, and slow clocks: this many don't wait. */
const BATCH_MAX = 500

/**
 * Collects items and passes them on together: with the next frame, or after so many milliseconds. What waits goes to the
 * `pass` that it came for, also when that changes or the component goes: keep it the same with `useCallback`.
 */
export function useBatches<T>(pass: (items: T[]) => void, wait: number | 'frame'): (item: T) => void {
  const waiting = useRef<T[]>([])
  const cancel = useRef<(() => void) | null>(null)
  const flush = useCallback(() => {
    cancel.current?.()
    cancel.current = null
    const items = waiting.current
    waiting.current = []
    if (items.length > 0) pass(items)
  }, [pass])
  useEffect(() => flush, [flush])
  return useCallback(
    item => {
      waiting.current.push(item)
      if (waiting.current.length >= BATCH_MAX) flush()
      else cancel.current ??= later(flush, wait)
    },
    [flush, wait],
  )
}

function later(what: () => void, wait: number | 'frame'): () => void {
  if (wait === 'frame') {
    const frame = requestAnimationFrame(what)
    return () => cancelAnimationFrame(frame)
  }
  const timer = setTimeout(what, wait)
  return () => clearTimeout(timer)
}
