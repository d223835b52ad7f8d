import { renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useBatches } from './useBatches'

const pass = vi.fn<(items: number[]) => void>()

beforeEach(() => {
  vi.useFakeTimers()
  pass.mockReset()
})
afterEach(() => {
  vi.useRealTimers()
})

test.each([100, 'frame'] as const)('what comes within the time is passed on together (%s)', wait => {
  const { result } = renderHook(() => useBatches(pass, wait))
  result.current(1)
  result.current(2)
  expect(pass).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100)
  expect(pass.mock.calls).toEqual([[[1, 2]]])
  result.current(3)
  vi.advanceTimersByTime(100)
  expect(pass).toHaveBeenLastCalledWith([3])
})

test('five hundred do not wait', () => {
  const { result } = renderHook(() => useBatches(pass, 'frame'))
  for (let item = 0; item < 501; item += 1) result.current(item)
  expect(pass).toHaveBeenCalledTimes(1)
  expect(pass.mock.calls[0]?.[0]).toHaveLength(500)
})

test('what waits goes to whom it came for', () => {
  const other = vi.fn<(items: number[]) => void>()
  const { result, rerender, unmount } = renderHook(({ to }) => useBatches(to, 100), { initialProps: { to: pass } })
  result.current(1)
  rerender({ to: other })
  expect(pass).toHaveBeenCalledWith([1])
  result.current(2)
  unmount()
  expect(other.mock.calls).toEqual([[[2]]])
})
