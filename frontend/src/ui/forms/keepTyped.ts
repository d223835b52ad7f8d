// What is typed into a form while it is being saved.

/**
 * What was saved, with what has been typed since it was `sent` kept on top. A list is one field: half of each of two
 * lists would be neither.
 */
export function keepTyped<V>(sent: V, now: V, saved: V): V {
  if (JSON.stringify(now) === JSON.stringify(sent)) return saved
  if (!isGroup(sent) || !isGroup(now) || !isGroup(saved)) return now
  const kept = Object.keys(saved).map(name => [name, keepTyped(sent[name], now[name], saved[name])])
  return Object.fromEntries(kept) as V
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
