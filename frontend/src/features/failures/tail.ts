// What a live tail shows: a buffer of the newest failures that can be held back, cleared and bounded. Pure: it is told what
// comes and what is pressed, and knows neither clock nor network.
import type { FailureRowFragment } from '@/gen/graphql'

/** Most rows that are kept. Older ones are dropped, and that is said. */
export const KEPT_MAX = 10_000

/** A failure, or a place where something could not be shown. */
export type TailEntry =
  | { kind: 'failure'; id: string; cursor: string; failure: FailureRowFragment }
  | { kind: 'gap'; id: string; cursor: string; missed: string | null }

/** Entries in a row that say the same, newest first. It keeps its id while it grows. */
export type TailGroup = { id: string; entries: readonly TailEntry[] }

export type Tail = {
  /** Newest first. */
  groups: readonly TailGroup[]
  /** Number of entries in the groups. */
  count: number
  /** What came while it was paused, newest first. */
  held: readonly TailEntry[]
  paused: boolean
  /** Highest position that was seen. */
  newest: string | null
  /** Whether the log has failures behind the last one. */
  hasOlder: boolean
  /** It was cleared: what lies behind is shown again only when somebody asks for it. */
  cleared: boolean
  /** How many were dropped since it was opened or cleared. */
  dropped: number
}

export type TailAction =
  /** From the stream, oldest first. */
  | { type: 'arrive'; entries: readonly TailEntry[] }
  /** From the log, newest first: what lies behind the last entry. */
  | { type: 'older'; entries: readonly TailEntry[]; hasOlder: boolean }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'clear' }

/** A tail that starts with the newest page of the log. */
export function openTail(page: { entries: readonly TailEntry[]; hasOlder: boolean }): Tail {
  const empty: Tail = {
    groups: [],
    count: 0,
    held: [],
    paused: false,
    newest: null,
    hasOlder: false,
    cleared: false,
    dropped: 0,
  }
  return tailReducer(empty, { type: 'older', ...page })
}

/** What becomes of a tail. */
export function tailReducer(tail: Tail, action: TailAction): Tail {
  switch (action.type) {
    case 'arrive':
      return arrive(tail, action.entries)
    case 'older':
      return append(tail, action.entries, action.hasOlder)
    case 'pause':
      return { ...tail, paused: true }
    case 'resume':
      return { ...show(tail, tail.held), paused: false, held: [] }
    case 'clear':
      return { ...tail, groups: [], count: 0, held: [], dropped: 0, hasOlder: tail.newest !== null, cleared: true }
  }
}

function arrive(tail: Tail, entries: readonly TailEntry[]): Tail {
  let newest = tail.newest
  const fresh: TailEntry[] = []
  for (const entry of entries) {
    // A stream comes in order, so that what is not beyond the newest was there before.
    const position = positionOf(entry)
    if (position !== null) {
      if (newest !== null && comparePositions(position, newest) <= 0) continue
      newest = position
    }
    fresh.push(entry)
  }
  if (fresh.length === 0) return tail
  fresh.reverse()
  if (!tail.paused) return { ...show(tail, fresh), newest }
  // What is held back beyond the limit would be dropped when it is shown, with all that is older.
  return { ...tail, newest, held: [...fresh, ...tail.held].slice(0, KEPT_MAX) }
}

/** Puts entries, newest first, above what is shown. */
function show(tail: Tail, entries: readonly TailEntry[]): Tail {
  if (entries.length === 0) return tail
  const groups = join(groupRuns(entries), tail.groups, 'lower')
  return bound({ ...tail, groups, count: tail.count + entries.length })
}

function append(tail: Tail, entries: readonly TailEntry[], hasOlder: boolean): Tail {
  const oldest = positionOfOldest(tail)
  const older = entries.filter(entry => {
    const position = positionOf(entry)
    return oldest === null || position === null || comparePositions(position, oldest) < 0
  })
  const room = Math.max(0, KEPT_MAX - tail.count)
  const taken = older.slice(0, room)
  const newest = highest(tail.newest, taken[0] ? positionOf(taken[0]) : null)
  const groups = join(tail.groups, groupRuns(taken), 'upper')
  return {
    ...tail,
    groups,
    count: tail.count + taken.length,
    newest,
    hasOlder: hasOlder || taken.length < older.length,
  }
}

function bound(tail: Tail): Tail {
  let surplus = tail.count - KEPT_MAX
  if (surplus <= 0) return tail
  const groups = [...tail.groups]
  while (surplus > 0) {
    const last = groups.pop()
    if (!last) break
    if (last.entries.length > surplus) groups.push({ ...last, entries: last.entries.slice(0, -surplus) })
    surplus -= Math.min(surplus, last.entries.length)
  }
  const dropped = tail.dropped + tail.count - KEPT_MAX
  return { ...tail, groups, count: KEPT_MAX, dropped, hasOlder: true }
}

function groupRuns(entries: readonly TailEntry[]): TailGroup[] {
  const runs: TailEntry[][] = []
  for (const entry of entries) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run && last && saysTheSame(last, entry)) run.push(entry)
    else runs.push([entry])
  }
  return runs.map(run => ({ id: run.at(-1)?.id ?? '', entries: run }))
}

/** One list of two, whose neighbours become one group if they say the same. That keeps the id of the one that `stays`. */
function join(upper: readonly TailGroup[], lower: readonly TailGroup[], stays: 'upper' | 'lower'): TailGroup[] {
  const above = upper.at(-1)
  const below = lower[0]
  const [a, b] = [above?.entries.at(-1), below?.entries[0]]
  if (!above || !below || !a || !b || !saysTheSame(a, b)) return [...upper, ...lower]
  const { id } = stays === 'upper' ? above : below
  return [...upper.slice(0, -1), { id, entries: [...above.entries, ...below.entries] }, ...lower.slice(1)]
}

function saysTheSame(a: TailEntry, b: TailEntry): boolean {
  if (a.kind === 'gap' || b.kind === 'gap') return false
  const [one, other] = [a.failure, b.failure]
  return (
    one.connectionKey === other.connectionKey &&
    one.phase === other.phase &&
    one.reason === other.reason &&
    one.message === other.message
  )
}

/** The failure behind which older ones lie. */
export function oldestFailure(tail: Tail): TailEntry | null {
  const isFailure = (entry: TailEntry) => entry.kind === 'failure'
  const group = tail.groups.findLast(({ entries }) => entries.some(isFailure))
  return group?.entries.findLast(isFailure) ?? tail.held.findLast(isFailure) ?? null
}

function positionOfOldest(tail: Tail): string | null {
  const oldest = oldestFailure(tail)
  return oldest && positionOf(oldest)
}

function highest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return comparePositions(a, b) < 0 ? b : a
}

function positionOf(entry: TailEntry): string | null {
  return entry.kind === 'failure' ? entry.failure.sequence : null
}

/** Positions are decimal strings that may be larger than a number can say. */
export function comparePositions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a === b ? 0 : a < b ? -1 : 1
}

/** A line of the table: a group, or one entry of a group that is unfolded. */
export type TailRow = (TailGroup & { member?: undefined }) | { id: string; member: TailEntry }

/** The lines, with the entries of the unfolded groups below them. */
export function rowsOf(groups: readonly TailGroup[], unfolded: ReadonlySet<string>): readonly TailRow[] {
  if (unfolded.size === 0) return groups
  return groups.flatMap(group =>
    unfolded.has(group.id)
      ? [group, ...group.entries.map(member => ({ id: `${group.id} ${member.id}`, member }))]
      : [group],
  )
}

/** The failures before and after one, as they are listed; null where there is none. */
export function neighbours(groups: readonly TailGroup[], id: string): { previous: string | null; next: string | null } {
  let previous: string | null = null
  let found = false
  for (const { entries } of groups) {
    for (const entry of entries) {
      if (entry.kind === 'gap') continue
      if (found) return { previous, next: entry.id }
      if (entry.id === id) found = true
      else previous = entry.id
    }
  }
  return found ? { previous, next: null } : { previous: null, next: null }
}
