// The auth failures of the last hour, as they come.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useStream } from '@/api/useStream'
import { OverviewFailureStreamDocument, type OverviewFailureStreamSubscription } from '@/gen/graphql'
import { number } from '@/i18n/format'
import { failureReasons } from '@/labels/failure'
import { summarise } from '@/ui/announce'
import { ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { StreamState } from '@/ui/StreamState'
import { Time } from '@/ui/Time'
import { FailureList } from '@/views/FailureList'
import { failuresQuery } from './queries'
import { type RecentFailures, withFailure } from './recentFailures'

type NewFailure = Extract<OverviewFailureStreamSubscription['authFailures'], { __typename: 'AuthFailureEdge' }>

/** The newest five, and how many there are. */
export function FailuresPanel() {
  const { i18n } = useLingui()
  const query = useQuery(failuresQuery)
  const total = query.data?.total
  return (
    <Panel
      title={
        <span className="flex items-baseline gap-2">
          <Trans>Failures in the last hour</Trans>
          {total != null && <span className="font-normal text-muted">{number(i18n.locale, total)}</span>}
        </span>
      }
      actions={
        <ButtonLink look="quiet" to="/failures">
          <Trans>All failures</Trans>
        </ButtonLink>
      }
      flush
    >
      <Loaded query={query} lines={8}>
        {failures => <Live failures={failures} />}
      </Loaded>
    </Panel>
  )
}

function Live({ failures }: { failures: RecentFailures }) {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const [position, setPosition] = useState<string | null>(null)
  const [start] = useState(failures)
  // Behind the newest that is known, so that none falls between the list and the stream.
  const newest = start.edges[0]?.cursor
  const status = useStream(
    'overview',
    {
      document: OverviewFailureStreamDocument,
      variables: {},
      from: newest ? { after: newest } : { time: start.from },
      select: data => data.authFailures,
    },
    {
      onEdge: (edge: NewFailure) => {
        setPosition(edge.node.sequence)
        client.setQueryData(failuresQuery.queryKey, known => known && withFailure(known, edge))
        const reason = i18n._(failureReasons[edge.node.reason])
        summarise(t`New failure: ${reason}`)
      },
    },
  )
  return (
    <>
      <div className="border-b border-line px-4 py-2 text-sm">
        <StreamState status={status} position={position} />
      </div>
      {failures.edges.length > 0 ? (
        <FailureList failures={failures.edges.map(({ node }) => node)} named />
      ) : (
        <p className="px-4 py-10 text-center text-muted">
          <Trans>
            Nothing has failed since <Time at={failures.from} exact="clock" />; watching.
          </Trans>
        </p>
      )}
    </>
  )
}
