// The end of the log. What came of its last verification has its place below, as soon as there is one.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AuditHeadFragment } from '@/gen/graphql'
import { number } from '@/i18n/format'
import { eventTypes } from '@/labels/events'
import { ButtonLink } from '@/ui/Button'
import { CopyButton, Mono } from '@/ui/Code'
import { Fact, Facts, Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { Time } from '@/ui/Time'
import { auditQuery } from './queries'

/** The newest event. */
export function AuditPanel() {
  const query = useQuery(auditQuery)
  return (
    <Panel
      title={<Trans>Audit log</Trans>}
      actions={
        <ButtonLink look="quiet" to="/audit">
          <Trans>All events</Trans>
        </ButtonLink>
      }
      flush
    >
      <Loaded query={query} lines={4}>
        {event =>
          event ? (
            <Newest event={event} />
          ) : (
            <p className="p-4 text-muted">
              <Trans>Nothing has happened yet.</Trans>
            </p>
          )
        }
      </Loaded>
    </Panel>
  )
}

function Newest({ event: { sequence, type, recordedAt, hash } }: { event: AuditHeadFragment }) {
  const { i18n } = useLingui()
  const words = eventTypes[type]
  return (
    <div className="p-4">
      <Facts>
        <Fact name={<Trans>Events</Trans>}>{number(i18n.locale, Number(sequence))}</Fact>
        <Fact name={<Trans>Newest</Trans>}>
          <Link to="/audit" search={{ event: sequence }} className="hover:underline">
            {words ? i18n._(words) : type}
          </Link>
        </Fact>
        <Fact name={<Trans>Recorded</Trans>}>
          <Time at={recordedAt} exact="dateTime" />
        </Fact>
        <Fact name={<Trans>Its hash</Trans>}>
          <span className="-my-1.5 flex items-center">
            <Mono>{hash.slice(0, 16)}…</Mono>
            <CopyButton text={hash} />
          </span>
        </Fact>
      </Facts>
    </div>
  )
}
