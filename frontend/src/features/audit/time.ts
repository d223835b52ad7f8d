// The moments that a search may name.

const UNITS_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }
const DAY = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$/

/**
 * A day (its beginning) or a moment, in the reader's own zone unless it names one; or a span before `now`: `30m`, `24h`,
 * `7d`, `2w`. Null when it is none of them.
 */
export function parseTime(value: string, now: number): string | null {
  const span = /^(\d{1,4})([mhdw])$/.exec(value)
  if (span) return new Date(now - Number(span[1]) * (UNITS_MS[span[2] ?? ''] ?? 0)).toISOString()
  // A day alone would be read as one of UTC.
  const text = DAY.test(value) ? `${value}T00:00` : value.replace(' ', 'T')
  const time = MOMENT.test(text) ? new Date(text) : null
  if (time === null || Number.isNaN(time.getTime())) return null
  // The 31st of February is read as a day of March.
  return isDay(text.slice(0, 10)) ? time.toISOString() : null
}

function isDay(day: string): boolean {
  const read = new Date(`${day}T00:00Z`)
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day)
}
