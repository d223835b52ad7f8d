// The table of events, newest first.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { number } from '@/i18n/format'
import { Cell, Column } from '@/ui/Table'
import { Time } from '@/ui/Time'
import { VirtualTable } from '@/ui/VirtualTable'
import { ActorName, EventName, Outcome, TargetLink } from './Event'
import type { EventEdge } from './pages'

type EventTableProps = {
  rows: EventEdge[]
  /** Position of the event whose drawer is open. */
  open: number | undefined
  hasMore: boolean
  onEnd: () => void
  foot: ReactNode
}

const keyOf = ({ node }: EventEdge) => node.sequence

/** The table. The name of an event opens its drawer. */
export function EventTable({ rows, open, hasMore, onEnd, foot }: EventTableProps) {
  const { t, i18n } = useLingui()
  return (
    <VirtualTable
      label={t`Events`}
      rows={rows}
      rowKey={keyOf}
      rowProps={({ node }) => ({ 'aria-selected': Number(node.sequence) === open })}
      keys={open === undefined}
      hasMore={hasMore}
      onEnd={onEnd}
      foot={foot}
      className="h-[calc(100dvh-19rem)] min-h-80"
      tableClassName="min-w-[42rem]"
      head={
        <>
          <Column align="end" secondary className="w-22">
            <Trans>Position</Trans>
          </Column>
          <Column className="w-52 max-md:w-36">
            <Trans>Time</Trans>
          </Column>
          <Column>
            <Trans>Event</Trans>
          </Column>
          <Column className="w-[22%]">
            <Trans>Target</Trans>
          </Column>
          <Column secondary className="w-36">
            <Trans>Actor</Trans>
          </Column>
          <Column className="w-28">
            <Trans>Outcome</Trans>
          </Column>
        </>
      }
    >
      {({ node }) => (
        <>
          <Cell align="end" secondary className="text-muted">
            {number(i18n.locale, Number(node.sequence))}
          </Cell>
          <Cell className="text-muted">
            <span className="max-md:hidden">
              <Time at={node.occurredAt} exact="dateTime" />
            </span>
            <span className="md:hidden">
              <Time at={node.occurredAt} />
            </span>
          </Cell>
          <Cell>
            <Link
              to="/audit"
              search={previous => ({ ...previous, event: Number(node.sequence) })}
              resetScroll={false}
              className="font-medium underline-offset-2 hover:underline"
            >
              <EventName type={node.type} />
            </Link>
          </Cell>
          <Cell>
            <TargetLink target={node.target} short />
          </Cell>
          <Cell secondary>
            <ActorName actor={node.actor} />
          </Cell>
          <Cell>
            <Outcome outcome={node.outcome} />
          </Cell>
        </>
      )}
    </VirtualTable>
  )
}
