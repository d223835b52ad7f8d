// What the pages of one connection ask for. All keys start with ['connection', key]: whoever changes the connection renews
// them at once.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { forbidden, requestUntil } from '@/api/request'
import {
  ConnectionDetailDocument,
  ConnectionHistoryDocument,
  ConnectionOverviewTabDocument,
  ConnectionRequestsDocument,
  ConnectionUsageDocument,
} from '@/gen/graphql'
import { type Range, rangeWindow } from '@/ui/series'

/** How often what no stream tells is asked for again, while the page is visible. */
const REFRESH_MS = 5_000

/** The head of the pages; null when there is no such connection. */
export const headQuery = (key: string) =>
  queryOptions({
    queryKey: ['connection', key, 'head'],
    queryFn: async ({ signal }) => (await requestUntil(signal, ConnectionDetailDocument, { key })).connection ?? null,
    refetchInterval: 2 * REFRESH_MS,
  })

/** Usage Data and the last failures, with the steps they were asked for. */
export const usageQuery = (key: string, range: Range) =>
  queryOptions({
    queryKey: ['connection', key, 'usage', range],
    queryFn: async ({ signal }) => {
      const { from, to, granularity, steps } = rangeWindow(range, Date.now())
      const asked = { key, range: { from, to }, granularity }
      const { connection } = await requestUntil(signal, ConnectionUsageDocument, asked)
      if (!connection?.usageData) throw forbidden('view:UsageData')
      return { connection, usage: connection.usageData, failures: connection.authFailures?.nodes ?? [], steps }
    },
    refetchInterval: REFRESH_MS,
    // Another range takes the place of the one before without a moment of nothing.
    placeholderData: previous => previous,
  })

/** What the Overview tab shows; null when there is no such connection. */
export const overviewQuery = (key: string) =>
  queryOptions({
    queryKey: ['connection', key, 'overview'],
    queryFn: async ({ signal }) =>
      (await requestUntil(signal, ConnectionOverviewTabDocument, { key })).connection ?? null,
    refetchInterval: REFRESH_MS,
  })

/** The last requests. */
export const requestsQuery = (key: string) =>
  queryOptions({
    queryKey: ['connection', key, 'requests'],
    queryFn: async ({ signal }) =>
      (await requestUntil(signal, ConnectionRequestsDocument, { filter: { connections: [key] } })).httpExchanges
        ?.nodes ?? [],
    refetchInterval: REFRESH_MS,
  })

/** The events that made it what it is. The pages go back in time; the events of each go forward. */
export const historyQuery = (key: string) =>
  infiniteQueryOptions({
    queryKey: ['connection', key, 'history'],
    initialPageParam: null as string | null,
    queryFn: async ({ signal, pageParam }) => {
      const { connection } = await requestUntil(signal, ConnectionHistoryDocument, { key, before: pageParam })
      if (!connection?.history) throw forbidden('list:AuditEvent')
      return connection.history
    },
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasPreviousPage ? pageInfo.startCursor : null),
  })
