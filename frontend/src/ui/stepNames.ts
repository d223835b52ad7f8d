// What the steps of a chart and the ticks of its axis are called. The server's days are those of UTC, and so are their names;
// hours and minutes are written in the reader's own zone.
import { shortDate, shortDateTime, shortTime, utcDate } from '@/i18n/format'
import type { Steps } from './series'

const DAY_MS = 86_400_000

/** Whether each step is a whole day. */
export function isByDays({ lengthMs }: Steps): boolean {
  return lengthMs >= DAY_MS
}

/** What a step is called: a day, or a moment of it. */
export function stepName(locale: string, steps: Steps, index: number): string {
  const { starts, lengthMs } = steps
  const at = starts[index] ?? 0
  if (isByDays(steps)) return utcDate(locale, at)
  const isLong = starts.length * lengthMs > DAY_MS
  return isLong ? shortDateTime(locale, at) : shortTime(locale, at)
}

/** What is written at a tick; it and the distance between ticks are in seconds. Those at midnight say the day, the others the time. */
export function tickName(locale: string, steps: Steps, tick: number, increment: number): string {
  const at = new Date(tick * 1_000)
  if (isByDays(steps)) return utcDate(locale, at.getTime())
  const isDay = increment * 1_000 >= DAY_MS || (at.getHours() === 0 && at.getMinutes() === 0)
  return isDay ? shortDate(locale, at.getTime()) : shortTime(locale, at.getTime())
}
