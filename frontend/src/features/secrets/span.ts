// Moments and spans of time as the forms of the browser have them, for the API.

/** What an `<input type="datetime-local">` holds, in the reader's own zone, as a moment; undefined when it is empty. */
export function momentOf(local: string): string | undefined {
  const time = new Date(local)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

/** What an own span is counted in. */
export type SpanUnit = 'minutes' | 'hours' | 'days'

/** A span as the API writes it (ISO 8601); null when the number is none. */
export function spanOf(count: string, unit: SpanUnit): string | null {
  if (!/^\d{1,6}$/.test(count.trim())) return null
  const value = Number(count)
  if (unit === 'days') return `P${value}D`
  return unit === 'hours' ? `PT${value}H` : `PT${value}M`
}
