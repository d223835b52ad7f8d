// The events that a search finds: the pages read so far, and the live tail on top of them.
import { queryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { queryClient } from '@/api/queryClient'
import { ApiError, requestUntil } from '@/api/request'
import { openStream, type StreamStatus } from '@/api/stream'
import { useBatches } from '@/api/useBatches'
import { useStream } from '@/api/useStream'
import {
  AuditBeforeDocument,
  type AuditDetailFragment,
  AuditEventAtDocument,
  type AuditEventFilter,
  AuditPageDocument,
  AuditStoryDocument,
  AuditTailDocument,
} from '@/gen/graphql'
import { type EventEdge, type EventPages, rowsOf, withTail } from './pages'

const PAGE_SIZE = 100
/** Events that come within this time are put into the table together. */
const BATCH_MS = 150

/** What the page shows, and where the tail is. */
export type AuditEvents = {
  query: ReturnType<typeof usePages>
  /** Newest first. */
  rows: EventEdge[]
  status: StreamStatus
  /** Position of the first event that came after the connection had been lost. */
  resumedAt: string | null
}

/** The events of a filter. `live`: also those that are still to come. */
export function useAuditEvents(filter: AuditEventFilter, enabled: boolean, live: boolean): AuditEvents {
  const queryKey = useMemo(() => ['audit', 'events', filter] as const, [filter])
  const query = usePages(filter, enabled)
  const rows = useMemo(() => rowsOf(query.data), [query.data])
  const [resumedAt, setResumedAt] = useState<string | null>(null)
  const tail = useBatches<EventEdge>(
    useCallback(
      edges => {
        queryClient.setQueryData<EventPages>(queryKey, data => data && withTail(data, edges))
      },
      [queryKey],
    ),
    BATCH_MS,
  )
  const first = rows[0]
  const status = useStream(
    JSON.stringify(queryKey),
    {
      document: AuditTailDocument,
      variables: { filter },
      // Behind the newest row. When there is none, nothing that could be found comes before.
      from: first ? { after: first.cursor } : { earliest: true },
      select: data => data.auditEvents,
    },
    {
      onEdge: (edge: EventEdge & { __typename: string }, resumed) => {
        if (resumed) setResumedAt(edge.node.sequence)
        tail(edge)
      },
    },
    enabled && live && query.data !== undefined,
  )
  useEffect(() => {
    if (status.phase === 'lost') setResumedAt(null)
  }, [status.phase])
  return { query, rows, status, resumedAt }
}

function usePages(filter: AuditEventFilter, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ['audit', 'events', filter],
    queryFn: async ({ signal, pageParam }) => {
      const data = await requestUntil(signal, AuditPageDocument, { last: PAGE_SIZE, before: pageParam, filter })
      return data.auditEvents ?? { edges: [], pageInfo: { hasPreviousPage: false, startCursor: null } }
    },
    initialPageParam: null as string | null,
    getNextPageParam: page => (page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : undefined),
    enabled,
    // The log only grows at its end, and the tail says what is there.
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** An event with all it says, and its place in the list of all events. */
export type EventAt = { cursor: string; node: AuditDetailFragment }

/** The event at a position. */
export const eventQuery = (position: string) =>
  queryOptions({
    queryKey: ['audit', 'event', position],
    queryFn: ({ signal }) => eventAt(position, signal),
    // Events do not change; but a person in one can be erased.
    staleTime: 60_000,
  })

// There is no field for one event by its position: a stream that starts there says it first.
function eventAt(position: string, signal: AbortSignal): Promise<EventAt> {
  return new Promise((resolve, reject) => {
    const close = openStream(
      {
        document: AuditEventAtDocument,
        variables: {},
        from: { sequence: position },
        select: data => data.auditEvents,
      },
      {
        onEdge: (edge: EventAt & { __typename: string }) =>
          edge.node.sequence === position ? end(() => resolve(edge)) : end(() => reject(missing())),
        onStatus: status => {
          if (status.phase === 'refused') end(() => reject(new ApiError('REFUSED', status.message)))
          if (status.phase === 'live') end(() => reject(missing()))
          if (status.phase === 'lost') end(() => reject(new ApiError('OFFLINE', '')))
        },
      },
    )
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', stop)
      // Not at once: the stream may be within its own opening.
      queueMicrotask(close)
      settle()
    }
    const stop = () => end(() => reject(signal.reason))
    signal.addEventListener('abort', stop)
  })
}

const missing = () => new ApiError('NO_EVENT', '')

/** What the target of an event was before it: the newest event before that says so. */
export const beforeQuery = (before: string, filter: AuditEventFilter) =>
  queryOptions({
    queryKey: ['audit', 'before', before, filter],
    queryFn: async ({ signal }) =>
      (await requestUntil(signal, AuditBeforeDocument, { before, filter })).auditEvents?.nodes[0] ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** The first events of a story. */
export const storyQuery = (correlationId: string) =>
  queryOptions({
    queryKey: ['audit', 'story', correlationId],
    queryFn: async ({ signal }) => (await requestUntil(signal, AuditStoryDocument, { correlationId })).auditEvents,
  })
