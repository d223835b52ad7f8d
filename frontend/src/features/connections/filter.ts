// Which connections the list shows: between the page's address and the API's filter.
import type { ConnectionState } from '@/gen/enums'
import type { ConnectionFilter } from '@/gen/graphql'
import { connectionStates } from '@/labels/connectionState'

/** What the address says. */
export type ConnectionSearch = { q?: string | undefined; state?: string[] | undefined }

const isState = (text: string): text is ConnectionState => Object.hasOwn(connectionStates, text)

/** The states that are asked for; what is no state is dropped. */
export function statesOf({ state }: ConnectionSearch): ConnectionState[] {
  return (state ?? []).filter(isState)
}

/** The filter of the API; null when everything is meant. */
export function filterOf(search: ConnectionSearch): ConnectionFilter | null {
  const query = search.q?.trim() ?? ''
  const states = statesOf(search)
  if (query === '' && states.length === 0) return null
  return { ...(query !== '' && { query }), ...(states.length > 0 && { states }) }
}
