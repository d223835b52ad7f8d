// Who is signed in, and what they may do.
import { queryOptions, useQuery } from '@tanstack/react-query'
import { ViewerDocument } from '@/gen/graphql'
import { request } from './request'

export const viewerQuery = queryOptions({
  queryKey: ['viewer'],
  queryFn: async () => (await request(ViewerDocument)).viewer,
  staleTime: 60_000,
})

/** The permission if the viewer lacks it, else null: for `missing` of a button, and for hiding what could not be shown. */
export function useMissing(permission: string): string | null {
  const { data } = useQuery(viewerQuery)
  return data?.permissions.includes(permission) ? null : permission
}
