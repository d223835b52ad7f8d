// What the drawer of an event shows: what changed, what belongs to it, and the facts.
import { Trans, useLingui } from '@lingui/react/macro'
import type { AuditDetailFragment } from '@/gen/graphql'
import { actorTypes } from '@/labels/audit'
import { CodeBlock, CopyButton, Mono } from '@/ui/Code'
import { Fact, Facts } from '@/ui/Page'
import { Time } from '@/ui/Time'
import { reasonOf } from './change'
import { ActorName, Outcome, TargetLink } from './Event'
import { EventChange } from './EventChange'
import { EventStory } from './EventStory'
import { Section } from './Section'

/** An event. `cursor`: its place in the list of all events. */
export function EventView({ event, cursor }: { event: AuditDetailFragment; cursor: string }) {
  const { t } = useLingui()
  const reason = reasonOf(event.type, event.data)
  return (
    <div className="flex flex-col gap-6">
      <Facts>
        <Fact name={<Trans>Outcome</Trans>}>
          <Outcome outcome={event.outcome} />
        </Fact>
        <Fact name={<Trans>Target</Trans>}>
          <TargetLink target={event.target} />
        </Fact>
        <Fact name={<Trans>Actor</Trans>}>
          <ActorName actor={event.actor} />
        </Fact>
        <Fact name={<Trans>Time</Trans>}>
          <Time at={event.occurredAt} exact="dateTime" />
        </Fact>
        {reason !== null && <Fact name={<Trans>Reason</Trans>}>{reason}</Fact>}
      </Facts>
      <EventChange event={event} cursor={cursor} />
      <EventStory event={event} />
      <Section title={<Trans>Record</Trans>}>
        <RecordFacts event={event} />
      </Section>
      <Section title={<Trans>As JSON</Trans>}>
        <CodeBlock label={t`The event as JSON`} text={JSON.stringify(event, null, 2)} />
      </Section>
    </div>
  )
}

function RecordFacts({ event }: { event: AuditDetailFragment }) {
  const { t, i18n } = useLingui()
  const { actor, target } = event
  // Of Latchkey's own events nothing is personal, so nothing can be erased.
  const erased = actor.display === null && actor.type !== 'SYSTEM'
  const personal = (value: string | null) =>
    value ?? <span className="text-muted">{erased ? <Trans>erased</Trans> : <Trans>none</Trans>}</span>
  const id = (value: string | null) =>
    value === null ? (
      <span className="text-muted">
        <Trans>none</Trans>
      </span>
    ) : (
      <Mono>{value}</Mono>
    )
  return (
    <Facts>
      <Fact name={<Trans>Position</Trans>}>{event.sequence}</Fact>
      <Fact name={<Trans>Event</Trans>}>{id(event.type)}</Fact>
      <Fact name={<Trans>Version of the target</Trans>}>{target.version}</Fact>
      <Fact name={<Trans>Occurred</Trans>}>
        <Mono>{event.occurredAt}</Mono>
      </Fact>
      <Fact name={<Trans>Recorded</Trans>}>
        <Mono>{event.recordedAt}</Mono>
      </Fact>
      <Fact name={<Trans>Actor</Trans>}>
        {i18n._(actorTypes[actor.type])}, {id(actor.id)}
      </Fact>
      <Fact name={<Trans>Source address</Trans>}>{personal(event.sourceIp)}</Fact>
      <Fact name={<Trans>User agent</Trans>}>{personal(event.userAgent)}</Fact>
      <Fact name={<Trans>Event ID</Trans>}>{id(event.eventId)}</Fact>
      <Fact name={<Trans>Request ID</Trans>}>{id(event.requestId)}</Fact>
      <Fact name={<Trans>Trace ID</Trans>}>{id(event.traceId)}</Fact>
      <Fact name={<Trans>Hash</Trans>}>
        <span className="flex items-start gap-1">
          <Mono className="min-w-0">{event.hash}</Mono>
          <CopyButton text={event.hash} label={t`Copy the hash`} />
        </span>
      </Fact>
    </Facts>
  )
}
