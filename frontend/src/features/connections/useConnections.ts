// The list of connections from the server, page after page, and what its streams change in it.
import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQueries,
  useQueryClient,
} from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { requestUntil } from '@/api/request'
import { useStream } from '@/api/useStream'
import {
  type ConnectionRowFragment,
  ConnectionStatesDocument,
  type ConnectionStatesSubscription,
  type ConnectionStatesSubscriptionVariables,
  ConnectionsDocument,
  ConnectionsFailuresDocument,
  type ConnectionsQuery,
} from '@/gen/graphql'
import { failuresByHour, hourOf } from './failuresByHour'
import { type ConnectionSearch, filterOf } from './filter'

const PAGE = 50
const LIST = ['connections', 'list']
/** Connections come and go in bursts: the list is asked for again once for all of them. */
const REFRESH_MS = 800
/** What no stream tells, such as when a connection was last used, is asked for this often. */
const REFETCH_MS = 30_000

type Pages = InfiniteData<NonNullable<ConnectionsQuery['connections']>>
type StatesEdge = Extract<ConnectionStatesSubscription['connectionStates'], { __typename: 'ConnectionProfileEdge' }>

/** The pages that were asked for so far. */
export function useConnections(search: ConnectionSearch) {
  const filter = filterOf(search)
  return useInfiniteQuery({
    queryKey: [...LIST, filter],
    queryFn: async ({ signal, pageParam }) =>
      (await requestUntil(signal, ConnectionsDocument, { first: PAGE, after: pageParam, filter })).connections,
    initialPageParam: null as string | null,
    getNextPageParam: page => (page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null),
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  })
}

/**
 * Failures of the last 24 hours by hour, by Key; a Key without them is still being asked for. They come in requests of
 * their own: the list does not wait for them.
 */
export function useFailures(search: ConnectionSearch, cursors: (string | null)[], now: number) {
  const filter = filterOf(search)
  const hour = hourOf(now)
  return useQueries({
    queries: cursors.map(after => ({
      queryKey: ['usage', 'connections', filter, after, hour],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const range = { from: new Date(hour - 23 * 3_600_000).toISOString(), to: null }
        const variables = { first: PAGE, after, filter, range }
        return (await requestUntil(signal, ConnectionsFailuresDocument, variables)).connections?.nodes ?? []
      },
      placeholderData: keepPreviousData,
    })),
    combine: results =>
      new Map(
        results.flatMap(({ data }) =>
          (data ?? []).map(({ key, usageData }) => [key, usageData && failuresByHour(usageData.series, hour)] as const),
        ),
      ),
  })
}

/** The row with its newest state, wherever it is in the pages; the same pages when it is in none of them. */
export function withRow<P extends Pages | undefined>(pages: P, row: ConnectionRowFragment): P {
  if (!pages?.pages.some(page => page.nodes.some(({ key }) => key === row.key))) return pages
  const renewed = (page: Pages['pages'][number]) => ({
    ...page,
    nodes: page.nodes.map(node => (node.key === row.key ? row : node)),
  })
  return { ...pages, pages: pages.pages.map(renewed) }
}

/** Keeps the list's states as they are on the server; returns where the stream is. */
export function useLiveStates(loadedAt: number) {
  const queries = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const refresh = (delay: number) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      void queries.invalidateQueries({ queryKey: LIST })
      void queries.invalidateQueries({ queryKey: ['usage', 'connections'] })
    }, delay)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  const status = useStream<ConnectionStatesSubscription, ConnectionStatesSubscriptionVariables, StatesEdge>(
    'connections',
    {
      document: ConnectionStatesDocument,
      variables: {},
      from: null,
      select: data => data.connectionStates,
    },
    {
      onEdge: ({ node }) => {
        queries.setQueriesData<Pages>({ queryKey: LIST }, pages => withRow(pages, node))
        // Whether it still is what the filter means, and where a new one stands, is for the server to say.
        refresh(REFRESH_MS)
      },
      onGap: () => refresh(0),
    },
  )
  // What changed between the list's answer and the stream's start was said by neither.
  const { phase, since } = status
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the moment of going live counts
  useEffect(() => {
    if (phase === 'live' && loadedAt > 0 && loadedAt < since) refresh(0)
  }, [phase])
  return status
}
