// The secrets as the server knows them: never their values.
import { queryOptions } from '@tanstack/react-query'
import { allPages } from '@/api/pages'
import { requestUntil } from '@/api/request'
import { SecretByKeyDocument, SecretPageDocument, type SecretRowFragment } from '@/gen/graphql'
import { matchesWords } from '@/ui/matchesWords'

/** All secrets by Key, and whether there are more than fit. */
export const secretsQuery = queryOptions({
  queryKey: ['secrets', 'all'],
  queryFn: ({ signal }) => allPages(async after => (await requestUntil(signal, SecretPageDocument, { after })).secrets),
})

/** One of them; null when there is none with this Key. */
export const secretQuery = (key: string) =>
  queryOptions({
    queryKey: ['secret', key],
    queryFn: async ({ signal }) => (await requestUntil(signal, SecretByKeyDocument, { key })).secret,
  })

/** Those whose Key, Display Name or fingerprint holds every word that was typed. */
export function filterSecrets(rows: readonly SecretRowFragment[], typed: string): readonly SecretRowFragment[] {
  return rows.filter(({ key, displayName, fingerprint }) => matchesWords(typed, `${key} ${displayName} ${fingerprint}`))
}

/** By how many it is used; null where the viewer may not know. */
export function usesOf({ usedBy, usedByTasks }: Pick<SecretRowFragment, 'usedBy' | 'usedByTasks'>): number | null {
  if (usedBy?.totalCount == null || usedByTasks?.totalCount == null) return null
  return usedBy.totalCount + usedByTasks.totalCount
}
