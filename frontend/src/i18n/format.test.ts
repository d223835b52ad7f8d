import { describe, expect, test } from 'vitest'
import { bytes, compactNumber, duration, number, percent, relativeTime, remaining } from './format'

const LOCALES = ['en-GB', 'en-US', 'de'] as const

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What each language makes of a value. */
const each = (say: (locale: string) => string) => LOCALES.map(say)

describe('duration', () => {
  test.each([
    [0, ['0 ms', '0 ms', '0 ms']],
    [0.842, ['0.842 ms', '0.842 ms', '0,842 ms']],
    [12.34, ['12.3 ms', '12.3 ms', '12,3 ms']],
    [999.4, ['999 ms', '999 ms', '999 ms']],
    [999.6, ['1 sec', '1 sec', '1 Sek.']],
    [1_250, ['1.25 secs', '1.25 sec', '1,25 Sek.']],
    [90_000, ['90 secs', '90 sec', '90 Sek.']],
  ])('of %d ms', (ms, said) => {
    expect(each(locale => duration(locale, ms))).toEqual(said)
  })
})

describe('bytes', () => {
  test.each([
    [0, ['0 bytes', '0 bytes', '0 Byte']],
    [1, ['1 byte', '1 byte', '1\u00a0Byte']],
    [999, ['999 bytes', '999 bytes', '999 Byte']],
    [1_000, ['1 kB', '1 kB', '1 kB']],
    [1_234, ['1.23 kB', '1.23 kB', '1,23 kB']],
    [999_400, ['999 kB', '999 kB', '999 kB']],
    [999_600, ['1 MB', '1 MB', '1 MB']],
    [1_250_000, ['1.25 MB', '1.25 MB', '1,25 MB']],
  ])('of %d', (size, said) => {
    expect(each(locale => bytes(locale, size))).toEqual(said)
  })
})

describe('relativeTime', () => {
  const NOW = Date.parse('2026-03-01T12:00:00Z')

  test.each([
    [0, ['now', 'now', 'jetzt']],
    [-59 * SECOND, ['now', 'now', 'jetzt']],
    [59 * SECOND, ['now', 'now', 'jetzt']],
    [-MINUTE, ['1 minute ago', '1 minute ago', 'vor 1 Minute']],
    [MINUTE, ['in 1 minute', 'in 1 minute', 'in 1 Minute']],
    [-119 * MINUTE, ['1 hour ago', '1 hour ago', 'vor 1 Stunde']],
    [2 * HOUR, ['in 2 hours', 'in 2 hours', 'in 2 Stunden']],
    [-30 * HOUR, ['1 day ago', '1 day ago', 'vor 1 Tag']],
    [47 * HOUR, ['in 1 day', 'in 1 day', 'in 1 Tag']],
    [-2 * DAY, ['2 days ago', '2 days ago', 'vor 2 Tagen']],
    [90 * DAY, ['in 90 days', 'in 90 days', 'in 90 Tagen']],
  ])('of a moment %d ms from now', (distance, said) => {
    expect(each(locale => relativeTime(locale, NOW + distance, NOW))).toEqual(said)
  })

  test('of a moment as the API writes it', () => {
    expect(relativeTime('en-GB', '2026-03-01T11:57:00Z', NOW)).toBe('3 minutes ago')
  })
})

describe('remaining', () => {
  test.each([
    [0, ['0 secs', '0 sec', '0 Sek.']],
    [400, ['1 sec', '1 sec', '1 Sek.']],
    [245_000, ['4 mins 5 secs', '4 min 5 sec', '4 Min., 5 Sek.']],
    [200 * MINUTE, ['3 hrs 20 mins', '3 hr 20 min', '3 Std., 20 Min.']],
    [12 * DAY, ['12 days', '12 days', '12 Tg.']],
  ])('of %d ms', (ms, said) => {
    expect(each(locale => remaining(locale, ms))).toEqual(said)
  })
})

test('numbers have the marks of their language', () => {
  expect(each(locale => number(locale, 12_345))).toEqual(['12,345', '12,345', '12.345'])
  expect(each(locale => percent(locale, 0.1234))).toEqual(['12.3%', '12.3%', '12,3\u00a0%'])
  expect(each(locale => compactNumber(locale, 12_345))).toEqual(['12.3k', '12.3K', '12.345'])
})

test('the pseudo-locale writes as British English does', () => {
  expect(duration('pseudo', 1_250)).toBe('1.25 secs')
  expect(remaining('pseudo', 245_000)).toBe('4 mins 5 secs')
})
