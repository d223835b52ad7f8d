// The last requests that a connection authorised.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { LastRequestFragment } from '@/gen/graphql'
import { duration } from '@/i18n/format'
import { tokenSources } from '@/labels/token'
import { ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { Time } from '@/ui/Time'
import { Outcome } from '@/views/Outcome'
import { requestsQuery } from './queries'

/** Five of them, newest first. */
export function LastRequests({ connectionKey }: { connectionKey: string }) {
  const query = useQuery(requestsQuery(connectionKey))
  return (
    <Panel
      title={<Trans>Last requests</Trans>}
      actions={
        <ButtonLink look="quiet" to="/requests" search={{ connection: connectionKey }}>
          <Trans>Send a request</Trans>
        </ButtonLink>
      }
      flush
    >
      <Loaded query={query} lines={5}>
        {exchanges =>
          exchanges.length === 0 ? (
            <p className="p-4 text-muted">
              <Trans>No request yet.</Trans>
            </p>
          ) : (
            <ul>
              {exchanges.map(exchange => (
                <Entry key={exchange.id} exchange={exchange} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  )
}

function Entry({ exchange: { id, request, startedAt, outcome, token, timings } }: { exchange: LastRequestFragment }) {
  const { i18n } = useLingui()
  const { pathname, host } = new URL(request.url)
  return (
    <li
      data-row
      className="flex flex-wrap items-center gap-x-3 gap-y-0.5 border-b border-line px-4 py-2 last:border-0 hover:bg-hover"
    >
      <Outcome outcome={outcome} />
      <Link
        to="/requests/$id"
        params={{ id }}
        title={host}
        className="min-w-0 flex-1 basis-32 truncate font-mono text-sm hover:underline"
      >
        {request.method} {pathname}
      </Link>
      <span className="text-sm text-muted max-xl:hidden">{token && i18n._(tokenSources[token.source].label)}</span>
      <span className="text-sm text-muted">{timings && duration(i18n.locale, timings.totalMs)}</span>
      <span className="text-sm text-muted">
        <Time at={startedAt} />
      </span>
    </li>
  )
}
