// The facts of a failure, and where they lead.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { FailureFactsFragment } from '@/gen/graphql'
import { phases } from '@/labels/failure'
import { CopyButton, Mono } from '@/ui/Code'
import { Fact, Facts } from '@/ui/Page'
import { Time } from '@/ui/Time'

const link = 'text-accent underline underline-offset-2 hover:text-accent-strong'

/** Names and values. */
export function FailureFacts({ failure }: { failure: FailureFactsFragment }) {
  const { i18n } = useLingui()
  const { connectionKey, connection, taskKey, exchange, traceId, sequence } = failure
  return (
    <Facts>
      <Fact name={<Trans>Time</Trans>}>
        <Time at={failure.occurredAt} exact="dateTime" />{' '}
        <span className="text-muted">
          (<Time at={failure.occurredAt} />)
        </span>
      </Fact>
      {connectionKey && (
        <Fact name={<Trans>Connection</Trans>}>
          <Link to="/connections/$key" params={{ key: connectionKey }} className={link}>
            {connection?.displayName ?? connectionKey}
          </Link>{' '}
          {connection && <Mono className="text-muted">{connectionKey}</Mono>}
        </Fact>
      )}
      {taskKey && (
        <Fact name={<Trans>HTTP Request Task</Trans>}>
          <Link to="/tasks/$key" params={{ key: taskKey }} className={link}>
            {taskKey}
          </Link>
        </Fact>
      )}
      {exchange && (
        <Fact name={<Trans>Request</Trans>}>
          <Link to="/requests/$id" params={{ id: exchange.id }} className={link}>
            <Trans>Show the request</Trans>
          </Link>
        </Fact>
      )}
      <Fact name={<Trans>Phase</Trans>}>{i18n._(phases[failure.phase])}</Fact>
      <Fact name={<Trans>Reason</Trans>}>
        <Mono>{failure.reason}</Mono>
      </Fact>
      <Fact name={<Trans>HTTP status</Trans>}>{failure.httpStatus ?? <Trans>No answer</Trans>}</Fact>
      <Fact name={<Trans>Attempt</Trans>}>{failure.attempt}</Fact>
      <Fact name={<Trans>Retryable</Trans>}>
        {failure.retryable ? <Trans>Yes: the same request may succeed later</Trans> : <Trans>No</Trans>}
      </Fact>
      {traceId && (
        <Fact name={<Trans>Trace ID</Trans>}>
          <span className="inline-flex items-center gap-1">
            <Mono>{traceId}</Mono>
            <CopyButton text={traceId} />
          </span>
        </Fact>
      )}
      <Fact name={<Trans>Position in the log</Trans>}>
        <Link to="/audit" search={{ event: sequence }} className={link}>
          #{sequence}
        </Link>
      </Fact>
    </Facts>
  )
}
