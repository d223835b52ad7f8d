// AireGlu's *Usage Data* of a connection.
import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { exampleUrl, executeCommand } from '@/api/command'
import { ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'
import type { Range } from '@/ui/series'
import { Time } from '@/ui/Time'
import { FailureList } from '@/views/FailureList'
import { RangePicker, UsageView } from '@/views/UsageView'
import { usageQuery } from './queries'

type UsageTabProps = { connectionKey: string; range: Range; onRange: (range: Range) => void }

/** The tab. It is renewed every few seconds; old figures stay until the new ones are there. */
export function UsageTab({ connectionKey, range, onRange }: UsageTabProps) {
  const query = useQuery(usageQuery(connectionKey, range))
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <RangePicker value={range} onChange={onRange} />
        {query.data && (
          <span className="text-sm text-muted">
            <Trans>
              As of <Time at={query.data.usage.computedAt} exact="clock" />
            </Trans>
          </span>
        )}
      </div>
      <Loaded query={query} lines={18}>
        {({ connection, usage, failures, steps }) =>
          usage.totals.requests + usage.totals.tokenRequests + usage.totals.unknown === 0 ? (
            <Panel>
              <NoUsage connectionKey={connectionKey} url={exampleUrl(connection)} />
            </Panel>
          ) : (
            <>
              <UsageView usage={usage} steps={steps} />
              {failures.length > 0 && (
                <Panel
                  title={<Trans>Last failures</Trans>}
                  actions={<AllFailures connectionKey={connectionKey} />}
                  flush
                >
                  <FailureList failures={failures} />
                </Panel>
              )}
            </>
          )
        }
      </Loaded>
    </div>
  )
}

function NoUsage({ connectionKey, url }: { connectionKey: string; url: string | null }) {
  return (
    <Empty
      action={
        <ButtonLink look="primary" to="/requests" search={{ connection: connectionKey }}>
          <Trans>Send a request</Trans>
        </ButtonLink>
      }
      command={executeCommand({ key: connectionKey, url: url ?? 'https://api.example.com/' })}
    >
      <Trans>No usage in this time: send a request.</Trans>
    </Empty>
  )
}

/** The way to all failures of a connection. */
export function AllFailures({ connectionKey }: { connectionKey: string }) {
  return (
    <ButtonLink look="quiet" to="/failures" search={{ connection: [connectionKey] }}>
      <Trans>All failures</Trans>
    </ButtonLink>
  )
}
