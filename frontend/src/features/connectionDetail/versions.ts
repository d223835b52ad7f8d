// What a connection was after each of its events.
import type { HistoryEventFragment } from '@/gen/graphql'
import { differences } from '@/ui/differences'

/** What a version is compared by: the definition, and whether requests could use it. */
export type Snapshot = Record<string, unknown>

export type Version = {
  version: number
  event: HistoryEventFragment
  /** Why, in the words of whoever did it. */
  reason: string | null
  /** Null where the events before it are not there. */
  snapshot: Snapshot | null
  /** The parts of the definition that differ from the version before; empty where that is not known. */
  changed: string[]
}

/** The versions, in the order of their events, oldest first. */
export function versionsOf(events: readonly HistoryEventFragment[]): Version[] {
  let before: Snapshot | null = null
  return events.map(event => {
    const snapshot = apply(before, event)
    const version = {
      version: event.target.version,
      event,
      reason: text(field(event.data, 'reason')),
      snapshot,
      changed: before && snapshot ? changedFields(before, snapshot) : [],
    }
    before = snapshot
    return version
  })
}

function apply(before: Snapshot | null, { type, data }: HistoryEventFragment): Snapshot | null {
  const definition = field(data, 'definition')
  switch (type) {
    case 'connection.created.v1':
      return { enabled: true, ...object(definition) }
    // Where the events before are not there, nobody knows whether it was enabled: that is then not among the parts.
    case 'connection.updated.v1':
      return { ...(before && 'enabled' in before && { enabled: before.enabled }), ...object(definition) }
    case 'connection.enabled.v1':
      return before && { ...before, enabled: true }
    case 'connection.disabled.v1':
      return before && { ...before, enabled: false }
    default:
      return before
  }
}

function changedFields(before: Snapshot, after: Snapshot): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter(name => differences(before[name], after[name]).length > 0)
}

const object = (value: unknown): Snapshot =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
const field = (value: unknown, name: string): unknown => object(value)[name]
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
