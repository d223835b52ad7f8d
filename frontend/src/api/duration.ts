// The API's `Duration` scalar (ISO 8601), and seconds as people type them.
import { parse, toSeconds } from 'iso8601-duration'

/** Seconds of a duration, `1.5` for `PT1.5S`; the text itself when it is none. */
export function secondsOf(duration: string): string {
  const ms = durationMs(duration)
  return ms === null ? duration : String(ms / 1_000)
}

/** Milliseconds of a duration; null when the text is none. */
export function durationMs(duration: string): number | null {
  try {
    return Math.round(toSeconds(parse(duration)) * 1_000)
  } catch {
    return null
  }
}

/** Whether a text is a number of seconds, with thousandths at most. */
export function isSeconds(text: string): boolean {
  return /^\d+([.,]\d{1,3})?$/.test(text.trim())
}

/** The duration of so many seconds, null for none. What is no number is left for the server to refuse, at its field. */
export function durationOf(seconds: string): string | null {
  const text = seconds.trim().replace(',', '.')
  return text === '' ? null : `PT${text}S`
}
