// What the pages of one task ask for. All keys start with ['task', key]: whoever changes the task renews them at once.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { allPages } from '@/api/pages'
import { forbidden, requestUntil } from '@/api/request'
import { TaskDocument, TaskEndpointsDocument, TaskHistoryDocument, TaskUsageDocument } from '@/gen/graphql'
import { type Range, rangeWindow } from '@/ui/series'

const REFRESH_MS = 5_000

/** The task; null when there is none with this Key. */
export const taskQuery = (key: string) =>
  queryOptions({
    queryKey: ['task', key],
    queryFn: async ({ signal }) => (await requestUntil(signal, TaskDocument, { key })).httpRequestTask ?? null,
  })

/** Its last events, newest first. */
export const taskHistoryQuery = (key: string) =>
  queryOptions({
    queryKey: ['task', key, 'history'],
    queryFn: async ({ signal }) => {
      const { httpRequestTask } = await requestUntil(signal, TaskHistoryDocument, { key })
      if (!httpRequestTask) return []
      if (!httpRequestTask.history) throw forbidden('list:AuditEvent')
      return httpRequestTask.history.nodes.toReversed()
    },
  })

/** Usage Data and the last failures, with the steps they were asked for. */
export const taskUsageQuery = (key: string, range: Range) =>
  queryOptions({
    queryKey: ['task', key, 'usage', range],
    queryFn: async ({ signal }) => {
      const { from, to, granularity, steps } = rangeWindow(range, Date.now())
      const asked = { key, range: { from, to }, granularity }
      const { httpRequestTask: task } = await requestUntil(signal, TaskUsageDocument, asked)
      if (!task?.usageData) throw forbidden('view:UsageData')
      return { usage: task.usageData, failures: task.authFailures?.nodes ?? [], steps }
    },
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  })

/** The endpoints that tasks are grouped by so far. */
export const endpointsQuery = queryOptions({
  queryKey: ['tasks', 'endpoints'],
  queryFn: async ({ signal }) => {
    const { rows } = await allPages(
      async after => (await requestUntil(signal, TaskEndpointsDocument, { after })).httpRequestTasks,
    )
    const endpoints = rows.flatMap(({ endpoint }) => (endpoint ? [endpoint] : []))
    return [...new Set(endpoints)].sort()
  },
  staleTime: 60_000,
})
