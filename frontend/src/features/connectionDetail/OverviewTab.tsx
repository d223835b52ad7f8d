// All that is known of a connection, on one page.
import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { ConnectionOverviewFragment } from '@/gen/graphql'
import { Notice } from '@/ui/Notice'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { FailureList } from '@/views/FailureList'
import { TestResult } from '@/views/TestResult'
import { FactsPanel } from './FactsPanel'
import { LastRequests } from './LastRequests'
import { MetadataChanged } from './MetadataChanged'
import { overviewQuery } from './queries'
import { TokenPanel } from './TokenPanel'
import { AllFailures } from './UsageTab'
import { UsePanel } from './UsePanel'

/** Where links to the last test lead. */
const LAST_TEST = 'last-test'

/** The tab. */
export function OverviewTab({ connectionKey }: { connectionKey: string }) {
  const query = useQuery(overviewQuery(connectionKey))
  return (
    <Loaded query={query} lines={18}>
      {connection => connection && <Overview connection={connection} />}
    </Loaded>
  )
}

function Overview({ connection }: { connection: ConnectionOverviewFragment }) {
  const { key, version, warnings, metadataChange, token } = connection
  return (
    <div className="flex flex-col gap-4">
      {metadataChange && <MetadataChanged version={version} change={metadataChange} />}
      {warnings.map(({ code, message, secretKey }) => (
        <Notice
          key={`${code} ${secretKey}`}
          tone="warn"
          actions={
            <Link to="/secrets" search={{ key: secretKey }} className="underline underline-offset-2">
              <Trans>Open the secret</Trans>
            </Link>
          }
        >
          {message}
        </Notice>
      ))}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <TokenPanel token={token ?? null} connectionKey={key} />
          <LastRequests connectionKey={key} />
          <LastFailures connection={connection} />
          <UsePanel connection={connection} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <FactsPanel connection={connection} />
          <LastTest connection={connection} />
        </div>
      </div>
    </div>
  )
}

function LastTest({ connection: { key, lastTest } }: { connection: ConnectionOverviewFragment }) {
  const place = useRef<HTMLDivElement>(null)
  const isWanted = useLocation({ select: ({ hash }) => hash === LAST_TEST })
  // The router looks for the place before its content has been loaded.
  useEffect(() => {
    if (isWanted) place.current?.scrollIntoView()
  }, [isWanted])
  return (
    <div id={LAST_TEST} ref={place} className="scroll-mt-4">
      <Panel title={<Trans>Last test</Trans>}>
        {lastTest ? (
          <TestResult
            test={lastTest}
            toField={field => (
              <Link
                to="/connections/$key/configuration"
                params={{ key }}
                search={{ field }}
                className="text-accent underline underline-offset-2"
              >
                <Trans>Open the connection at this field</Trans>
              </Link>
            )}
          />
        ) : (
          <p className="text-muted">
            <Trans>Never tested. A test asks for a token, step by step, and throws it away.</Trans>
          </p>
        )}
      </Panel>
    </div>
  )
}

function LastFailures({ connection: { key, authFailures } }: { connection: ConnectionOverviewFragment }) {
  // Without the permission to see them there is nothing to say here that the requests above do not say.
  if (!authFailures) return null
  return (
    <Panel title={<Trans>Last failures</Trans>} actions={<AllFailures connectionKey={key} />} flush>
      {authFailures.nodes.length > 0 ? (
        <FailureList failures={authFailures.nodes} />
      ) : (
        <p className="p-4 text-muted">
          <Trans>No request has failed for want of a token.</Trans>
        </p>
      )}
    </Panel>
  )
}
