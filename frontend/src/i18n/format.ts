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

/** "3 minutes ago", "in 2 hours"; within a minute "now". */
export function relativeTime(locale: string, at: string | number, now: number): string {
  const format = cached('relative', locale, name => new Intl.RelativeTimeFormat(name, { numeric: 'auto' }))
  const distance = new Date(at).getTime() - now
  const step = steps.find(([, length]) => Math.abs(distance) >= length)
  return step ? format.format(Math.trunc(distance / step[1]), step[0]) : format.format(0, 'second')
}

/** 12,345 */
export function number(locale: string, value: number): string {
  return cached('number', locale, name => new Intl.NumberFormat(name)).format(value)
}

/** 12.3 % of a share between 0 and 1. */
export function percent(locale: string, share: number): string {
  return cached(
    'percent',
    locale,
    name => new Intl.NumberFormat(name, { style: 'percent', maximumFractionDigits: 1 }),
  ).format(share)
}

/** 0.8 ms, 12 ms, 1.25 s: three digits that matter. */
export function duration(locale: string, ms: number): string {
  const [value, unit] = ms >= 1_000 ? [ms / 1_000, 'second'] : [ms, 'millisecond']
  const format = cached(
    `duration ${unit}`,
    locale,
    name => new Intl.NumberFormat(name, { style: 'unit', unit, unitDisplay: 'short', maximumSignificantDigits: 3 }),
  )
  return format.format(value)
}

/** 1.2 kB */
export function bytes(locale: string, size: number): string {
  const [value, unit] =
    size >= 1_000_000 ? [size / 1_000_000, 'megabyte'] : size >= 1_000 ? [size / 1_000, 'kilobyte'] : [size, 'byte']
  const format = cached(
    `bytes ${unit}`,
    locale,
    name => new Intl.NumberFormat(name, { style: 'unit', unit, unitDisplay: 'short', maximumSignificantDigits: 3 }),
  )
  return format.format(value)
}
