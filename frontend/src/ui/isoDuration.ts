// Durations as the API writes them (ISO 8601).

const SHAPE = /^P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** `PT1.5S` in milliseconds; null when it is none. */
export function durationMs(text: string): number | null {
  const parts = SHAPE.exec(text)
  if (!parts || text.length < 3) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(part => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000
}
