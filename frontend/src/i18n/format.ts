// Numbers and times by the browser's own Intl. The pseudo-locale writes them as English does.

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>()

function cached<T extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>(
  kind: string,
  locale: string,
  make: (locale: string) => T,
): T {
  const key = `${kind} ${locale}`
  const known = cache.get(key)
  if (known) return known as T
  const made = make(locale === 'pseudo' ? 'en-GB' : locale)
  cache.set(key, made)
  return made
}

/** Day and time to the second, in the reader's own zone. */
export function dateTime(locale: string, at: string | number): string {
  const format = cached(
    'dateTime',
    locale,
    name => new Intl.DateTimeFormat(name, { dateStyle: 'medium', timeStyle: 'medium' }),
  )
  return format.format(new Date(at))
}

/** Day and time to the second, without the year: for logs. */
export function logTime(locale: string, at: string | number): string {
  const format = cached(
    'log',
    locale,
    name =>
      new Intl.DateTimeFormat(name, {
        month: 'short',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      }),
  )
  return format.format(new Date(at))
}

/** Time of day to the second. */
export function clockTime(locale: string, at: string | number): string {
  return cached('clock', locale, name => new Intl.DateTimeFormat(name, { timeStyle: 'medium' })).format(new Date(at))
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/**
 * "3 minutes ago", "in 2 hours", "1 day ago"; within a minute "now". Never "yesterday": 30 hours ago can be the day before
 * that.
 */
export function relativeTime(locale: string, at: string | number, now: number): string {
  const distance = new Date(at).getTime() - now
  const step = steps.find(([, length]) => Math.abs(distance) >= length)
  const numeric = step ? 'always' : 'auto'
  const format = cached(`relative ${numeric}`, locale, name => new Intl.RelativeTimeFormat(name, { numeric }))
  return step ? format.format(Math.trunc(distance / step[1]), step[0]) : format.format(0, 'second')
}

/** 12,345 */
export function number(locale: string, value: number): string {
  return cached('number', locale, name => new Intl.NumberFormat(name)).format(value)
}

/** 12.3% of a share between 0 and 1. */
export function percent(locale: string, share: number): string {
  return cached(
    'percent',
    locale,
    name => new Intl.NumberFormat(name, { style: 'percent', maximumFractionDigits: 1 }),
  ).format(share)
}

/** 0.84 ms, 12 ms, 1.25 secs: three digits that matter. */
export function duration(locale: string, ms: number): string {
  return ms < roundsTo(1_000)
    ? threeDigits(locale, ms, 'millisecond', 'short')
    : threeDigits(locale, ms / 1_000, 'second', 'short')
}

/** 12 bytes, 1.23 kB, 4.5 MB: three digits that matter. */
export function bytes(locale: string, size: number): string {
  // English has no plural of the short name of a byte.
  if (size < roundsTo(1_000)) return threeDigits(locale, size, 'byte', 'long')
  return size < roundsTo(1_000_000)
    ? threeDigits(locale, size / 1_000, 'kilobyte', 'short')
    : threeDigits(locale, size / 1_000_000, 'megabyte', 'short')
}

/** From where on three digits are this power of ten, so that 999.9 ms are 1 sec and not 1,000 ms. */
function roundsTo(power: number): number {
  return power * 0.9995
}

function threeDigits(locale: string, value: number, unit: string, unitDisplay: 'short' | 'long'): string {
  const make = (name: string) =>
    new Intl.NumberFormat(name, { style: 'unit', unit, unitDisplay, maximumSignificantDigits: 3 })
  return cached(`three digits ${unit}`, locale, make).format(value)
}

/** Hour and minute: for the axes of charts. */
export function shortTime(locale: string, at: string | number): string {
  const format = cached(
    'shortTime',
    locale,
    name => new Intl.DateTimeFormat(name, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  )
  return format.format(new Date(at))
}

/** Day and month. */
export function shortDate(locale: string, at: string | number): string {
  return cached('shortDate', locale, name => new Intl.DateTimeFormat(name, { day: 'numeric', month: 'short' })).format(
    new Date(at),
  )
}

/** Day and month of a day of UTC, wherever the reader is: its beginning is still the day before west of Greenwich. */
export function utcDate(locale: string, at: string | number): string {
  const format = cached(
    'utcDate',
    locale,
    name => new Intl.DateTimeFormat(name, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  )
  return format.format(new Date(at))
}

/** Day, month, hour and minute. */
export function shortDateTime(locale: string, at: string | number): string {
  const format = cached(
    'shortDateTime',
    locale,
    name => new Intl.DateTimeFormat(name, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  )
  return format.format(new Date(at))
}

/** 12.3k: where there is little room. */
export function compactNumber(locale: string, value: number): string {
  return cached(
    'compact',
    locale,
    name => new Intl.NumberFormat(name, { notation: 'compact', maximumFractionDigits: 1 }),
  ).format(value)
}

/** 45 secs; 4 mins 5 secs; 3 hrs 20 mins; 12 days: the two largest units of a span that goes by. */
export function remaining(locale: string, ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  const unit = (name: string, value: number) =>
    cached(
      `remaining ${name}`,
      locale,
      tag => new Intl.NumberFormat(tag, { style: 'unit', unit: name, unitDisplay: 'short' }),
    ).format(value)
  if (seconds < 60) return unit('second', seconds)
  const minutes = Math.floor(seconds / 60)
  const list = new Intl.ListFormat(locale === 'pseudo' ? 'en-GB' : locale, { type: 'unit', style: 'narrow' })
  if (minutes < 60) return list.format([unit('minute', minutes), unit('second', seconds % 60)])
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return list.format([unit('hour', hours), unit('minute', minutes % 60)])
  return unit('day', Math.floor(hours / 24))
}
