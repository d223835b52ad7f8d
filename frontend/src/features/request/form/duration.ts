// Seconds as typed, and durations as the API writes them.

/** `PT1.5S` for 1.5 seconds; null when the text is no number of seconds. */
export function durationOf(seconds: string): string | null {
  const text = seconds.trim()
  return /^\d+(\.\d{1,3})?$/.test(text) ? `PT${text}S` : null
}

/** 1.5 for `PT1.5S`. The server always writes seconds. */
export function secondsOf(duration: string): string {
  return /^PT(\d+(?:\.\d+)?)S$/.exec(duration)?.[1] ?? ''
}
