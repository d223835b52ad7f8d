// What was opened from the palette last. Kept for this tab and this session alone: signing out clears it.

/** A thing that the palette can open. */
export type Thing = { kind: 'connection' | 'secret' | 'task'; key: string; name: string }

const STORED = 'latchkey.recent'
const KEPT_MAX = 5
const KINDS: readonly unknown[] = ['connection', 'secret', 'task']

/** The last ones, the newest first. */
export function recentThings(): Thing[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? '[]')
    return Array.isArray(stored) ? stored.filter(isThing).slice(0, KEPT_MAX) : []
  } catch {
    // Somebody else wrote it.
    return []
  }
}

/** Puts one on top. */
export function rememberThing({ kind, key, name }: Thing): void {
  const others = recentThings().filter(other => other.kind !== kind || other.key !== key)
  sessionStorage.setItem(STORED, JSON.stringify([{ kind, key, name }, ...others].slice(0, KEPT_MAX)))
}

function isThing(value: unknown): value is Thing {
  if (typeof value !== 'object' || value === null) return false
  const { kind, key, name } = value as Record<string, unknown>
  return KINDS.includes(kind) && typeof key === 'string' && typeof name === 'string'
}
