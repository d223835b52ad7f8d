// The events that belong together with one: what led to it and what it led to.
import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AuditDetailFragment, AuditRowFragment } from '@/gen/graphql'
import { ButtonLink } from '@/ui/Button'
import { Loaded } from '@/ui/States'
import { Chip } from '@/ui/Status'
import { Time } from '@/ui/Time'
import { EventName, TargetLink } from './Event'
import { Section } from './Section'
import { storyQuery } from './useAuditEvents'

/** Events of no story have this one. */
const NO_STORY = '00000000-0000-0000-0000-000000000000'
/** Events of a story that are shown here. */
const SHOWN_MAX = 12

/** The story of an event, as far as it is longer than the event itself. */
export function EventStory({ event }: { event: AuditDetailFragment }) {
  const { correlationId } = event
  const story = useQuery({ ...storyQuery(correlationId), enabled: correlationId !== NO_STORY })
  if (correlationId === NO_STORY) return null
  return (
    <Section
      title={<Trans>Story</Trans>}
      actions={
        (story.data?.nodes.length ?? 0) > 1 && (
          <ButtonLink to="/audit" search={{ q: `correlation:${correlationId}` }}>
            <Trans>Show the whole story</Trans>
          </ButtonLink>
        )
      }
    >
      <Loaded query={story} lines={3}>
        {data => {
          const shown = excerpt(data?.nodes ?? [], event)
          if (shown.length < 2)
            return (
              <p className="text-muted">
                <Trans>No other event belongs to it.</Trans>
              </p>
            )
          return (
            <ol className="flex flex-col rounded-md border border-line">
              {shown.map(node => (
                <Line key={node.sequence} node={node} event={event} />
              ))}
            </ol>
          )
        }}
      </Loaded>
    </Section>
  )
}

/** Some of the story's events: those around this one. */
function excerpt(nodes: AuditRowFragment[], { sequence }: AuditDetailFragment): AuditRowFragment[] {
  const here = nodes.findIndex(node => node.sequence === sequence)
  const start = Math.max(0, Math.min(here - SHOWN_MAX / 2, nodes.length - SHOWN_MAX))
  return nodes.slice(start, start + SHOWN_MAX)
}

function Line({ node, event }: { node: AuditRowFragment; event: AuditDetailFragment }) {
  const isThis = node.sequence === event.sequence
  return (
    <li
      aria-current={isThis || undefined}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5 last:border-0 aria-current:bg-accent-soft"
    >
      <span className="text-sm text-muted">
        <Time at={node.occurredAt} exact="clock" />
      </span>
      <Link
        to="/audit"
        search={previous => ({ ...previous, event: Number(node.sequence) })}
        resetScroll={false}
        className="font-medium underline-offset-2 hover:underline"
      >
        <EventName type={node.type} />
      </Link>
      <span className="min-w-0 truncate text-sm">
        <TargetLink target={node.target} short />
      </span>
      {isThis && (
        <Chip tone="info">
          <Trans>This event</Trans>
        </Chip>
      )}
      {node.eventId === event.causationId && (
        <Chip>
          <Trans>Led to this one</Trans>
        </Chip>
      )}
    </li>
  )
}
