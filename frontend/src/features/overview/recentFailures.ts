// The newest failures, and how a stream adds to them.
import type { FailureListItemFragment } from '@/gen/graphql'

/** How many are shown. */
const SHOWN = 5

/** The newest failures since a moment, newest first, and how many there are in all. */
export type RecentFailures = {
  from: string
  edges: { cursor: string; node: FailureListItemFragment }[]
  total: number | null
}

/** Puts a failure in front, unless it is there: the list may have been asked for again meanwhile. */
export function withFailure(known: RecentFailures, { cursor, node }: RecentFailures['edges'][number]): RecentFailures {
  if (known.edges.some(edge => edge.node.id === node.id)) return known
  return {
    ...known,
    edges: [{ cursor, node }, ...known.edges].slice(0, SHOWN),
    total: known.total === null ? null : known.total + 1,
  }
}
