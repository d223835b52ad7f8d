import { queryOptions } from '@tanstack/react-query'
import { requestUntil } from '@/api/request'
import { ExchangeDocument } from '@/gen/graphql'

/** An exchange as it is on the record; null when there is none with this id. */
export function exchangeQuery(id: string) {
  return queryOptions({
    queryKey: ['exchange', id],
    queryFn: async ({ signal }) => (await requestUntil(signal, ExchangeDocument, { id })).httpExchange ?? null,
  })
}
