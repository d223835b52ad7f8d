import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { act, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { remaining } from '@/i18n/format'
import { Countdown } from './Countdown'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-03-01T12:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

const show = (to: string, onEnd: () => void) =>
  render(
    <I18nProvider i18n={i18n}>
      <Countdown to={to} onEnd={onEnd} />
    </I18nProvider>,
  )

test('goes down by seconds, and says once that it has ended', () => {
  const onEnd = vi.fn()
  show('2026-03-01T12:00:02Z', onEnd)
  expect(screen.getByText('2 secs')).toBeTruthy()
  act(() => vi.advanceTimersByTime(1_000))
  expect(screen.getByText('1 sec')).toBeTruthy()
  act(() => vi.advanceTimersByTime(5_000))
  expect(screen.queryByText(/sec/)).toBeNull()
  expect(onEnd).toHaveBeenCalledOnce()
})

test('what is over already is not said to end', () => {
  const onEnd = vi.fn()
  show('2026-03-01T11:00:00Z', onEnd)
  act(() => vi.advanceTimersByTime(5_000))
  expect(onEnd).not.toHaveBeenCalled()
})

test('a span is told by its two largest units', () => {
  expect([59_100, 245_000, 12_000_000, 1_036_800_000].map(ms => remaining('en-GB', ms))).toEqual([
    '1 min 0 secs',
    '4 mins 5 secs',
    '3 hrs 20 mins',
    '12 days',
  ])
})
