// What an event changed of its target, compared with what the events before it say.
import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AuditDetailFragment } from '@/gen/graphql'
import { Diff } from '@/ui/Diff'
import { Loaded } from '@/ui/States'
import { type Change, changeOf } from './change'
import { Section } from './Section'
import { beforeQuery } from './useAuditEvents'

/** The change; nothing for an event that changes nothing. */
export function EventChange({ event, cursor }: { event: AuditDetailFragment; cursor: string }) {
  const change = changeOf(event.type, event.data)
  if (!change) return null
  if (change.types.length === 0 || event.target.key === null)
    return (
      <Section title={<Trans>As it was created</Trans>}>
        <Diff before={null} after={change.after} />
      </Section>
    )
  return <Compared change={change} cursor={cursor} target={event.target.key} />
}

function Compared({ change, cursor, target }: { change: Change; cursor: string; target: string }) {
  const before = useQuery(beforeQuery(cursor, { targets: [target], types: change.types }))
  const sequence = before.data?.sequence
  return (
    <Section
      title={<Trans>Change</Trans>}
      actions={
        sequence !== undefined && (
          <span className="text-sm text-muted">
            <Trans>
              since{' '}
              <Link
                to="/audit"
                search={previous => ({ ...previous, event: Number(sequence) })}
                resetScroll={false}
                className="text-accent underline underline-offset-2"
              >
                #{sequence}
              </Link>
            </Trans>
          </span>
        )
      }
    >
      <Loaded query={before} lines={3}>
        {previous => <Diff before={change.said(previous?.data)} after={change.after} />}
      </Loaded>
    </Section>
  )
}
