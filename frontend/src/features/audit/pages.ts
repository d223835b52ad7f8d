// The pages of a list that is read from its newest entry backwards, and what a live tail adds to them.
import type { InfiniteData } from '@tanstack/react-query'
import type { AuditPageQuery, AuditRowFragment } from '@/gen/graphql'

/** One page, oldest entry first, as the API gives it. */
export type EventPage = NonNullable<AuditPageQuery['auditEvents']>
export type EventEdge = { cursor: string; node: AuditRowFragment }
export type EventPages = InfiniteData<EventPage, string | null>

/** Rows that are kept. What is older can be loaded again. */
export const ROWS_MAX = 10_000

/** All rows, newest first. */
export function rowsOf(data: InfiniteData<EventPage, unknown> | undefined): EventEdge[] {
  return data?.pages.flatMap(page => page.edges.toReversed()) ?? []
}

/** Puts what the tail has said, oldest first, on top. What is there already is not put there twice. */
export function withTail(data: EventPages, tail: readonly EventEdge[]): EventPages {
  const [newest, ...older] = data.pages
  if (!newest) return data
  const known = new Set(newest.edges.map(edge => edge.node.sequence))
  const fresh = tail.filter(edge => !known.has(edge.node.sequence))
  if (fresh.length === 0) return data
  const page = { ...newest, edges: [...newest.edges, ...fresh] }
  return limited({ pages: [page, ...older], pageParams: data.pageParams })
}

/** Forgets the oldest page, or the oldest rows of the only one, when there are too many. */
function limited({ pages, pageParams }: EventPages): EventPages {
  const count = pages.reduce((sum, page) => sum + page.edges.length, 0)
  const [newest] = pages
  if (count <= ROWS_MAX || !newest) return { pages, pageParams }
  if (pages.length > 1) return { pages: pages.slice(0, -1), pageParams: pageParams.slice(0, -1) }
  const edges = newest.edges.slice(-ROWS_MAX)
  const startCursor = edges[0]?.cursor ?? null
  return { pages: [{ edges, pageInfo: { hasPreviousPage: true, startCursor } }], pageParams }
}

/** Positions before and behind one. */
export type Neighbours = { older: number | undefined; newer: number | undefined }

/** The neighbours of an event among the rows. In the log itself (`whole`) there is no hole: they need not be loaded. */
export function neighboursOf(rows: readonly EventEdge[], position: number, whole: boolean): Neighbours {
  const at = (edge: EventEdge | undefined) => edge && Number(edge.node.sequence)
  if (whole) {
    const newest = at(rows[0]) ?? position
    return { older: position > 1 ? position - 1 : undefined, newer: position < newest ? position + 1 : undefined }
  }
  const here = rows.findIndex(edge => at(edge) === position)
  return here === -1 ? { older: undefined, newer: undefined } : { older: at(rows[here + 1]), newer: at(rows[here - 1]) }
}
