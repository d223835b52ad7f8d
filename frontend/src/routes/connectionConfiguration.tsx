import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { requestUntil } from '@/api/request'
import { ConnectionForm } from '@/features/connectionForm/ConnectionForm'
import { ConnectionConfigurationDocument } from '@/gen/graphql'
import { Empty, Loaded } from '@/ui/States'

const route = getRouteApi('/connections/$key/configuration')

/** A connection's tab with its form. Another field in the address is another way into it. */
export function ConnectionConfigurationTab() {
  const { key } = route.useParams()
  const { field } = route.useSearch()
  const query = useQuery({
    queryKey: ['connection', key, 'configuration'],
    queryFn: async ({ signal }) => (await requestUntil(signal, ConnectionConfigurationDocument, { key })).connection,
  })
  return (
    <Loaded query={query} lines={16}>
      {connection =>
        connection ? (
          <ConnectionForm key={`${key} ${field ?? ''}`} connection={connection} field={field} />
        ) : (
          <Empty>
            <Trans>There is no connection with this Key.</Trans>
          </Empty>
        )
      }
    </Loaded>
  )
}
