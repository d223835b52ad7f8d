// Connections, tasks and secrets by name or Key, over the API.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { requestUntil } from '@/api/request'
import { secretNamesQuery } from '@/api/secrets'
import { useMissing } from '@/api/viewer'
import { PaletteDocument } from '@/gen/graphql'
import { matchesWords } from '@/ui/matchesWords'
import { useDebounced } from '@/ui/useDebounced'
import type { Thing } from './recent'

const PAUSE_MS = 150
const SECRETS_MAX = 6

/** What a text finds, a moment after the last key. */
export function usePaletteSearch(text: string): { things: Thing[]; error: Error | null; pending: boolean } {
  const wanted = text.trim()
  const query = useDebounced(wanted, PAUSE_MS)
  const may = {
    connections: useMissing('list:Connection') === null,
    tasks: useMissing('list:HttpRequestTask') === null,
  }
  const maySecrets = useMissing('list:Secret') === null
  const found = useQuery({
    queryKey: ['palette', query, may],
    queryFn: ({ signal }) => requestUntil(signal, PaletteDocument, { query, ...may }),
    enabled: query !== '' && (may.connections || may.tasks),
    placeholderData: keepPreviousData,
  })
  const names = useQuery({ ...secretNamesQuery, enabled: query !== '' && maySecrets })
  const pending = wanted !== query || (query !== '' && (found.isFetching || names.isLoading))
  const error = found.error ?? names.error
  if (wanted === '' || query === '') return { things: [], error, pending }
  const of = (kind: Thing['kind'], nodes: { key: string; displayName: string }[] = []): Thing[] =>
    nodes.map(({ key, displayName }) => ({ kind, key, name: displayName }))
  const { connections, httpRequestTasks } = found.data ?? {}
  // The list of secrets has no filter of its own.
  const named = (maySecrets ? names.data?.rows : undefined)
    ?.filter(node => matchesWords(query, `${node.key} ${node.displayName}`))
    .slice(0, SECRETS_MAX)
  const things = [
    ...of('connection', connections?.nodes),
    ...of('task', httpRequestTasks?.nodes),
    ...of('secret', named),
  ]
  return { things, error, pending }
}
