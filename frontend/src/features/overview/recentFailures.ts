// The newest failures, and how a stream adds to them.
import type { FailureListItemFragment } from '@/gen/graphql'

/** How many are shown. */
const SHOWN = 5

/** The newest failures since a moment, newest first, and how many there are in all. */
export type RecentFailures = {
  from: string
  edges: { cursor: string; node: FailureListItemFragment & { sequence: string } }[]
  total: number | null
}

/**
 * Puts a failure in front if it is newer than all that are known. The list may have been asked for again meanwhile, and then
 * a stream that goes on behind its last position brings what has been counted, shown or not.
 */
export function withFailure(known: RecentFailures, { cursor, node }: RecentFailures['edges'][number]): RecentFailures {
  const newest = known.edges[0]
  if (newest && BigInt(node.sequence) <= BigInt(newest.node.sequence)) return known
  return {
    ...known,
    edges: [{ cursor, node }, ...known.edges].slice(0, SHOWN),
    total: known.total === null ? null : known.total + 1,
  }
}
