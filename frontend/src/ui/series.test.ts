import { describe, expect, test } from 'vitest'
import { fill, rangeWindow } from './series'

const now = Date.parse('2026-03-01T12:34:56.789Z')

describe('rangeWindow', () => {
  test('an hour is sixty minutes, the one under way among them', () => {
    const { from, to, granularity, steps } = rangeWindow('1h', now)
    expect([from, to, granularity]).toEqual(['2026-03-01T11:35:00.000Z', '2026-03-01T12:35:00.000Z', 'MINUTE'])
    expect(steps.starts).toHaveLength(60)
    expect(steps.starts.at(-1)).toBe(Date.parse('2026-03-01T12:34:00Z'))
  })

  test('a week is counted in hours', () => {
    const { from, granularity, steps } = rangeWindow('7d', now)
    expect([from, granularity, steps.starts.length]).toEqual(['2026-02-22T13:00:00.000Z', 'HOUR', 168])
  })

  test('a month is thirty days of UTC', () => {
    const { from, to, granularity } = rangeWindow('30d', now)
    expect([from, to, granularity]).toEqual(['2026-01-31T00:00:00.000Z', '2026-03-02T00:00:00.000Z', 'DAY'])
  })

  test('a full hour starts a step of its own', () => {
    expect(rangeWindow('24h', Date.parse('2026-03-01T12:00:00Z')).steps.starts.at(-1)).toBe(
      Date.parse('2026-03-01T12:00:00Z'),
    )
  })
})

describe('fill', () => {
  const steps = {
    starts: [
      Date.parse('2026-03-01T12:00:00Z'),
      Date.parse('2026-03-01T12:01:00Z'),
      Date.parse('2026-03-01T12:02:00Z'),
    ],
    lengthMs: 60_000,
  }
  const points = [
    { at: '2026-03-01T12:01:00+00:00', count: 7, ms: 1.5 as number | null },
    { at: '2026-03-01T12:02:00+00:00', count: 2, ms: null },
  ]

  test('steps without anything count zero', () => {
    expect(fill(steps, points, point => point.count, 0)).toEqual([0, 7, 2])
  })

  test('steps without a measurement are gaps', () => {
    expect(fill(steps, points, point => point.ms, null)).toEqual([null, 1.5, null])
  })

  test('points of other times are dropped', () => {
    expect(fill(steps, [{ at: '2026-03-01T13:00:00Z', count: 9 }], point => point.count, 0)).toEqual([0, 0, 0])
  })
})
