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

/** Day, month, hour and minute. */
export function shortDateTime(locale: string, at: string | number): string {
  const format = cached(
    'shortDateTime',
    locale,
    name => new Intl.DateTimeFormat(name, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  )
  return format.format(new Date(at))
}

/** 12.3K: where there is little room. */
export function compactNumber(locale: string, value: number): string {
  return cached(
    'compact',
    locale,
    name => new Intl.NumberFormat(name, { notation: 'compact', maximumFractionDigits: 1 }),
  ).format(value)
}

/** 45 s; 4 min 5 s; 3 h 20 min; 12 days: the two largest units of a span that goes by. */
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
