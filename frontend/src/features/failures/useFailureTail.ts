// The live tail: the newest page of the log, what the stream brings, and what buttons do to both.
import { queryOptions, useMutation } from '@tanstack/react-query'
import { useCallback, useReducer, useRef, useState } from 'react'
import { request, requestUntil } from '@/api/request'
import type { Gap, StreamStart, StreamStatus } from '@/api/stream'
import { useBatches } from '@/api/useBatches'
import { useStream } from '@/api/useStream'
import {
  FailureHeadDocument,
  FailurePageDocument,
  type FailurePageQuery,
  type FailureRowFragment,
  FailureStreamDocument,
  type FailureStreamSubscription,
  type FailureStreamSubscriptionVariables,
} from '@/gen/graphql'
import { type FailureFilter, isEverything } from './filter'
import { oldestFailure, openTail, type Tail, type TailEntry, tailReducer } from './tail'

/** The server's own limit. */
const PAGE_SIZE = 100

/** What a tail starts with. */
export type TailStart = { entries: TailEntry[]; hasOlder: boolean; from: StreamStart }

/** The newest failures, always asked for anew: what comes later comes by the stream. */
export function tailStart(filter: FailureFilter) {
  return queryOptions({
    queryKey: ['failures', 'newest', filter],
    queryFn: async ({ signal }): Promise<TailStart> => {
      // The place where the stream starts is read first: what comes between the two requests is said twice, never lost,
      // and the tail takes it once. A narrow filter's own newest failure may be so old that the stream had far to go.
      const head = isEverything(filter) ? null : await requestUntil(signal, FailureHeadDocument, {})
      const page = await requestUntil(signal, FailurePageDocument, { first: PAGE_SIZE, filter })
      const cursor = (head ?? page).authFailures?.edges[0]?.cursor
      return { ...entriesOf(page), from: cursor ? { after: cursor } : { earliest: true } }
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

function entriesOf(page: FailurePageQuery): { entries: TailEntry[]; hasOlder: boolean } {
  const edges = page.authFailures?.edges ?? []
  return {
    entries: edges.map(({ cursor, node }) => entryOf(cursor, node)),
    hasOlder: page.authFailures?.pageInfo.hasNextPage ?? false,
  }
}

const entryOf = (cursor: string, failure: FailureRowFragment): TailEntry => ({
  kind: 'failure',
  id: failure.id,
  cursor,
  failure,
})

type Edge = Extract<FailureStreamSubscription['authFailures'], { __typename: 'AuthFailureEdge' }>

/** The tail and its buttons. */
export type FailureTail = {
  tail: Tail
  /** Null while it is stopped. */
  stream: StreamStatus | null
  /** Since when it is live, paused or stopped. */
  since: number
  /** Since when what is shown was collected: when it was opened or cleared. */
  emptySince: number
  pause: () => void
  resume: () => void
  clear: () => void
  stop: () => void
  goLive: () => void
  older: { load: () => void; pending: boolean; error: Error | null }
}

/** A tail that starts with `start` and shows what `filter` lets through. Another filter needs another tail. */
export function useFailureTail(
  filter: FailureFilter,
  start: TailStart,
  onNew: (count: number, held: boolean) => void,
): FailureTail {
  const [tail, dispatch] = useReducer(tailReducer, start, openTail)
  const [open, setOpen] = useState(true)
  const [since, setSince] = useState(() => Date.now())
  const [emptySince, setEmptySince] = useState(since)
  const told = useRef({ onNew, paused: tail.paused })
  told.current = { onNew, paused: tail.paused }
  // Two hundred a second would else be two hundred renderings.
  const batch = useBatches<TailEntry>(
    useCallback(entries => {
      dispatch({ type: 'arrive', entries })
      told.current.onNew(entries.length, told.current.paused)
    }, []),
    'frame',
  )
  const status = useStream<FailureStreamSubscription, FailureStreamSubscriptionVariables, Edge>(
    JSON.stringify(filter),
    {
      document: FailureStreamDocument,
      variables: { filter },
      from: start.from,
      select: ({ authFailures }) => authFailures,
    },
    {
      onEdge: edge => batch(entryOf(edge.cursor, edge.node)),
      onGap: ({ cursor, missed }: Gap) => batch({ kind: 'gap', id: `gap ${cursor}`, cursor, missed }),
    },
    open,
  )
  const older = useMutation({
    mutationFn: async () => {
      const after = oldestFailure(tail)?.cursor
      return entriesOf(await request(FailurePageDocument, { first: PAGE_SIZE, filter, ...(after && { after }) }))
    },
    onSuccess: page => dispatch({ type: 'older', ...page }),
  })
  const at = (what: () => void) => () => {
    setSince(Date.now())
    what()
  }
  return {
    tail,
    stream: open ? status : null,
    since,
    emptySince,
    pause: at(() => dispatch({ type: 'pause' })),
    resume: at(() => dispatch({ type: 'resume' })),
    clear: () => {
      setEmptySince(Date.now())
      dispatch({ type: 'clear' })
    },
    stop: at(() => setOpen(false)),
    goLive: at(() => {
      dispatch({ type: 'resume' })
      setOpen(true)
    }),
    older: { load: () => !older.isPending && older.mutate(), pending: older.isPending, error: older.error },
  }
}
