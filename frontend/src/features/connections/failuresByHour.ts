// Sums of Usage Data as a row of 24 bars.

const HOUR_MS = 3_600_000
const HOURS = 24

/** The start of the hour that a moment lies in (milliseconds). */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS
}

type Point = { at: string; totals: { authFailures: number } }

/** Auth failures of each of the 24 hours up to and with the one that starts at `lastHour`, the oldest first. */
export function failuresByHour(series: readonly Point[], lastHour: number): number[] {
  const counts = new Array<number>(HOURS).fill(0)
  for (const { at, totals } of series) {
    const index = HOURS - 1 - (lastHour - hourOf(new Date(at).getTime())) / HOUR_MS
    if (index >= 0 && index < HOURS) counts[index] = (counts[index] ?? 0) + totals.authFailures
  }
  return counts
}
