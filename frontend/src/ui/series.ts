// Time series as charts and tables need them: one value for every step, whether anything happened in it or not.

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The ranges that can be looked at: the last hour by minutes, the last day and week by hours, the last month by days. */
export const RANGES = ['1h', '24h', '7d', '30d'] as const
export type Range = (typeof RANGES)[number]

/** Steps of one length that follow each other. Times are milliseconds; `starts` is never empty. */
export type Steps = { starts: number[]; lengthMs: number }

/** A range as the API takes it, and its steps. */
export type RangeWindow = {
  range: Range
  from: string
  to: string
  granularity: 'MINUTE' | 'HOUR' | 'DAY'
  steps: Steps
}

const shapes: Record<Range, { granularity: RangeWindow['granularity']; lengthMs: number; count: number }> = {
  '1h': { granularity: 'MINUTE', lengthMs: MINUTE_MS, count: 60 },
  '24h': { granularity: 'HOUR', lengthMs: HOUR_MS, count: 24 },
  '7d': { granularity: 'HOUR', lengthMs: HOUR_MS, count: 7 * 24 },
  '30d': { granularity: 'DAY', lengthMs: DAY_MS, count: 30 },
}

/**
 * The whole steps of a range, the last of them the one that `now` lies in. Steps start where the server's do: at full
 * minutes, hours and days of UTC.
 */
export function rangeWindow(range: Range, now: number): RangeWindow {
  const { granularity, lengthMs, count } = shapes[range]
  const last = Math.floor(now / lengthMs) * lengthMs
  const starts = Array.from({ length: count }, (_, step) => last - (count - 1 - step) * lengthMs)
  return {
    range,
    from: new Date(last - (count - 1) * lengthMs).toISOString(),
    to: new Date(last + lengthMs).toISOString(),
    granularity,
    steps: { starts, lengthMs },
  }
}

/**
 * One value a step. The server leaves out steps in which nothing happened: `empty` stands for them, which is 0 for what is
 * counted and null, a gap, for what is measured. Points outside of the steps are dropped.
 */
export function fill<P extends { at: string }, E extends number | null>(
  steps: Steps,
  points: readonly P[],
  value: (point: P) => number | E,
  empty: E,
): (number | E)[] {
  const known = new Map(points.map(point => [new Date(point.at).getTime(), point]))
  return steps.starts.map(start => {
    const point = known.get(start)
    return point ? value(point) : empty
  })
}
