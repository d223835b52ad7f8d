// What the Overview asks for. Each panel asks for itself: one that may not be seen takes nothing from the others.
import { queryOptions } from '@tanstack/react-query'
import { requestUntil } from '@/api/request'
import {
  ChecklistDocument,
  type ChecklistQueryVariables,
  OverviewAuditDocument,
  OverviewConnectionsDocument,
  OverviewFailuresDocument,
  OverviewSecretsDocument,
  OverviewUsageDocument,
} from '@/gen/graphql'
import { rangeWindow } from '@/ui/series'

const REFRESH_MS = 5_000
const HOUR_MS = 3_600_000

/** How many connections are in which state. */
export const connectionsQuery = queryOptions({
  queryKey: ['connections', 'overview'],
  queryFn: ({ signal }) => requestUntil(signal, OverviewConnectionsDocument),
  refetchInterval: REFRESH_MS,
})

/** Usage Data of the last 24 hours. */
export const usageQuery = queryOptions({
  queryKey: ['usage', 'overview'],
  queryFn: async ({ signal }) => {
    const { from, to, granularity, steps } = rangeWindow('24h', Date.now())
    const { usageData } = await requestUntil(signal, OverviewUsageDocument, { range: { from, to }, granularity })
    return usageData ? { usage: usageData, steps } : null
  },
  refetchInterval: REFRESH_MS,
})

/** The newest failures of the last hour, and from when they were looked for. */
export const failuresQuery = queryOptions({
  queryKey: ['failures', 'overview'],
  queryFn: async ({ signal }) => {
    const from = new Date(Date.now() - HOUR_MS).toISOString()
    const { authFailures } = await requestUntil(signal, OverviewFailuresDocument, { range: { from } })
    return { from, edges: authFailures?.edges ?? [], total: authFailures?.totalCount ?? null }
  },
  // What is older than an hour goes.
  refetchInterval: 6 * REFRESH_MS,
})

/** What is to be known of the first hundred secrets. */
export const secretsQuery = queryOptions({
  queryKey: ['secrets', 'overview'],
  queryFn: async ({ signal }) => (await requestUntil(signal, OverviewSecretsDocument)).secrets ?? null,
  refetchInterval: 12 * REFRESH_MS,
})

/** The newest event of the log; null when it is empty. */
export const auditQuery = queryOptions({
  queryKey: ['audit', 'overview'],
  queryFn: async ({ signal }) => (await requestUntil(signal, OverviewAuditDocument)).auditEvents?.nodes[0] ?? null,
  refetchInterval: REFRESH_MS,
})

/** What has been done of the first steps, as far as the viewer may see it. */
export const checklistQuery = (may: Omit<ChecklistQueryVariables, 'range'>) =>
  queryOptions({
    queryKey: ['connections', 'checklist', may],
    queryFn: ({ signal }) => {
      const { from, to } = rangeWindow('30d', Date.now())
      return requestUntil(signal, ChecklistDocument, { range: { from, to }, ...may })
    },
    refetchInterval: REFRESH_MS,
  })
