// The names of the secrets, for whatever chooses or finds one: the API has no filter for them.
import { queryOptions } from '@tanstack/react-query'
import { SecretNamesDocument } from '@/gen/graphql'
import { allPages } from './pages'
import { requestUntil } from './request'

/** Key and Display Name of each, and whether there are more than fit. */
export const secretNamesQuery = queryOptions({
  queryKey: ['secrets', 'names'],
  queryFn: ({ signal }) =>
    allPages(async after => (await requestUntil(signal, SecretNamesDocument, { after })).secrets),
  staleTime: 30_000,
})
