// A few auth failures, newest first: what failed, what to do, and the ways there.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { FailureListItemFragment } from '@/gen/graphql'
import { failureReasons, phases } from '@/labels/failure'
import { Chip } from '@/ui/Status'
import { Time } from '@/ui/Time'

type FailureListProps = {
  failures: FailureListItemFragment[]
  /** Whether each says which connection it is about. */
  named?: boolean
}

/** Failures of one thing, or of several. Their texts are the server's. */
export function FailureList({ failures, named }: FailureListProps) {
  return (
    <ul>
      {failures.map(failure => (
        <FailureEntry key={failure.id} failure={failure} named={named ?? false} />
      ))}
    </ul>
  )
}

function FailureEntry({ failure, named }: { failure: FailureListItemFragment; named: boolean }) {
  const { i18n } = useLingui()
  const { id, occurredAt, connectionKey, phase, reason, message, remedy } = failure
  return (
    <li data-row className="border-b border-line px-4 py-2.5 last:border-0 hover:bg-hover">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Chip tone="bad">{i18n._(failureReasons[reason])}</Chip>
        {named && connectionKey ? (
          <Link to="/connections/$key" params={{ key: connectionKey }} className="font-mono text-sm hover:underline">
            {connectionKey}
          </Link>
        ) : (
          <span className="text-sm text-muted">{i18n._(phases[phase])}</span>
        )}
        <span className="ms-auto text-sm text-muted">
          <Time at={occurredAt} />
        </span>
      </div>
      <Link to="/failures" search={{ failure: id }} data-row-handle className="mt-1 block break-words hover:underline">
        {message}
      </Link>
      <p className="mt-0.5 text-sm break-words text-muted">
        {remedy.summary}
        {remedy.field && connectionKey && (
          <>
            {' '}
            <Link
              to="/connections/$key/configuration"
              params={{ key: connectionKey }}
              search={{ field: remedy.field }}
              className="text-accent underline underline-offset-2"
            >
              <Trans>Open the connection at this field</Trans>
            </Link>
          </>
        )}
      </p>
    </li>
  )
}
