// Two people have changed one connection: what each of them did, field by field.
import type { ConnectionValues } from './values'

/** A field that both have changed, and not to the same. `path` is its name in the form. */
export type Conflict = { path: string; mine: unknown; theirs: unknown }

export type Merge = {
  /** Mine where I changed something, theirs everywhere else. */
  values: ConnectionValues
  conflicts: Conflict[]
  /** Names of the fields that only they changed. */
  taken: string[]
}

/** Merges what I typed and what they saved since `before`, which both started from. */
export function merge(before: ConnectionValues, mine: ConnectionValues, theirs: ConnectionValues): Merge {
  const [old, own, other] = [leaves(before), leaves(mine), leaves(theirs)]
  const conflicts: Conflict[] = []
  const taken: string[] = []
  let values = mine
  for (const [path, value] of other) {
    if (same(value, old.get(path)) || same(value, own.get(path))) continue
    if (same(own.get(path), old.get(path))) {
      values = withField(values, path, value)
      taken.push(path)
    } else {
      conflicts.push({ path, mine: own.get(path), theirs: value })
    }
  }
  return { values, conflicts, taken }
}

/** The same values with one of them replaced. */
export function withField(values: ConnectionValues, path: string, value: unknown): ConnectionValues {
  const [first = '', second] = path.split('.')
  if (second === undefined) return { ...values, [first]: value }
  const group = values[first as keyof ConnectionValues]
  return { ...values, [first]: { ...(group as object), [second]: value } }
}

/** Every field by its name. A list is one field. */
function leaves(values: ConnectionValues): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'object' && !Array.isArray(value)) {
      for (const [inner, leaf] of Object.entries(value)) found.set(`${name}.${inner}`, leaf)
    } else found.set(name, value)
  }
  return found
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
