// The pages of the list, and what is counted for each task apart from it.
import { keepPreviousData, useInfiniteQuery, useQueries } from '@tanstack/react-query'
import { requestUntil } from '@/api/request'
import { TasksDocument, TasksUsageDocument, type TasksUsageQuery } from '@/gen/graphql'

const PAGE = 100
const DAY_MS = 86_400_000
const REFRESH_MS = 10_000

/** The tasks that have a text in their names, targets or connections. */
export function useTasks(text: string) {
  return useInfiniteQuery({
    queryKey: ['tasks', 'list', text],
    queryFn: async ({ signal, pageParam }) => {
      const asked = { first: PAGE, after: pageParam, query: text || null }
      return (await requestUntil(signal, TasksDocument, asked)).httpRequestTasks
    },
    initialPageParam: null as string | null,
    getNextPageParam: last => (last?.pageInfo.hasNextPage ? last.pageInfo.endCursor : null),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  })
}

type Counted = NonNullable<TasksUsageQuery['httpRequestTasks']>['nodes'][number]

/** Runs and failures of the last 24 hours, by Key. */
export type Usage = ReadonlyMap<string, NonNullable<Counted['usageData']>['totals']>

/** The counts for the pages that are shown. Missing while they are counted, and for those who may not see them. */
export function useUsage(text: string, pages: readonly (string | null)[]): Usage {
  const results = useQueries({
    queries: pages.map(after => ({
      queryKey: ['tasks', 'usage', text, after],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const from = new Date(Date.now() - DAY_MS).toISOString()
        const asked = { first: PAGE, after, query: text || null, from }
        return (await requestUntil(signal, TasksUsageDocument, asked)).httpRequestTasks?.nodes ?? []
      },
      refetchInterval: 3 * REFRESH_MS,
    })),
  })
  const nodes = results.flatMap(({ data }) => data ?? [])
  return new Map(nodes.flatMap(({ key, usageData }) => (usageData ? [[key, usageData.totals]] : [])))
}
