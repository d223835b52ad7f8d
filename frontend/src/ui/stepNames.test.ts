import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Steps } from './series'
import { stepName, tickName } from './stepNames'

// West of Greenwich a day of UTC begins in the evening of the day before.
beforeEach(() => vi.stubEnv('TZ', 'America/New_York'))
afterEach(() => vi.unstubAllEnvs())

const DAY_MS = 86_400_000
const days: Steps = { starts: [Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2)], lengthMs: DAY_MS }
const hours: Steps = { starts: [Date.UTC(2026, 2, 1, 5), Date.UTC(2026, 2, 1, 6)], lengthMs: 3_600_000 }

test('this test stands west of Greenwich', () => {
  expect(new Date(Date.UTC(2026, 2, 1)).getDate()).toBe(28)
})

test('a day is called what the server calls it', () => {
  expect(stepName('en-GB', days, 0)).toBe('1 Mar')
  expect(tickName('en-GB', days, Date.UTC(2026, 2, 1) / 1_000, DAY_MS / 1_000)).toBe('1 Mar')
  expect(tickName('en-GB', days, Date.UTC(2026, 2, 1, 12) / 1_000, DAY_MS / 2_000)).toBe('1 Mar')
})

test('an hour is one of the reader', () => {
  expect(stepName('en-GB', hours, 1)).toBe('01:00')
  expect(tickName('en-GB', hours, Date.UTC(2026, 2, 1, 6) / 1_000, 3_600)).toBe('01:00')
  expect(tickName('en-GB', hours, Date.UTC(2026, 2, 1, 5) / 1_000, 3_600)).toBe('1 Mar')
})
