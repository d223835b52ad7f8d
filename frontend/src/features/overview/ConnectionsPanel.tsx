// How the connections are: one count a state, each the way to its list.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ConnectionState } from '@/gen/enums'
import type { OverviewConnectionsQuery } from '@/gen/graphql'
import { number } from '@/i18n/format'
import { connectionStates } from '@/labels/connectionState'
import { ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { Status } from '@/ui/Status'
import { connectionsQuery } from './queries'

/** The worst first. */
const ORDER: ConnectionState[] = ['FAILING', 'SECRET_UNAVAILABLE', 'DEGRADED', 'UNTESTED', 'AUTHORIZED', 'DISABLED']

/** The counts. */
export function ConnectionsPanel() {
  const query = useQuery(connectionsQuery)
  const { i18n } = useLingui()
  const count = query.data?.all?.totalCount
  const total = count ? number(i18n.locale, count) : null
  return (
    <Panel
      title={<Trans>Connections</Trans>}
      actions={
        <ButtonLink look="quiet" to="/connections">
          {total ? <Trans>All {total}</Trans> : <Trans>All</Trans>}
        </ButtonLink>
      }
      flush
    >
      <Loaded query={query} lines={2}>
        {data => (data.all?.totalCount === 0 ? <None /> : <States data={data} />)}
      </Loaded>
    </Panel>
  )
}

function States({ data }: { data: OverviewConnectionsQuery }) {
  const { i18n } = useLingui()
  return (
    <ul className="grid grid-cols-2 sm:grid-cols-3 lg:grid-cols-6">
      {ORDER.map(state => {
        const { label, tone } = connectionStates[state]
        const count = data[state]?.totalCount ?? 0
        return (
          <li key={state}>
            <Link to="/connections" search={{ state: [state] }} className="block px-4 py-3 hover:bg-hover">
              <span className="block text-2xl font-semibold tracking-tight">{number(i18n.locale, count)}</span>
              <span className="text-sm text-muted">
                <Status tone={count > 0 ? tone : 'idle'}>
                  {/* Other languages have longer words. */}
                  <span className="whitespace-normal">{i18n._(label)}</span>
                </Status>
              </span>
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

function None() {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 p-4">
      <p className="text-muted">
        <Trans>No connections yet: the first one takes a Client ID, an Access Token URL and a secret.</Trans>
      </p>
      <ButtonLink to="/connections/new">
        <Trans>Add a connection</Trans>
      </ButtonLink>
    </div>
  )
}
