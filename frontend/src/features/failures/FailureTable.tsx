// The failures of a tail as a table.
import { plural } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { ChevronRight, TriangleAlert } from 'lucide-react'
import { memo, type ReactNode, useCallback, useMemo, useState } from 'react'
import type { FailureRowFragment } from '@/gen/graphql'
import { logTime, number } from '@/i18n/format'
import { failureReasons, phases } from '@/labels/failure'
import { classes } from '@/ui/classes'
import { Chip } from '@/ui/Status'
import { Cell, Column } from '@/ui/Table'
import { Time } from '@/ui/Time'
import { VirtualTable } from '@/ui/VirtualTable'
import { rowsOf, type TailEntry, type TailGroup, type TailRow } from './tail'

type FailureTableProps = {
  groups: readonly TailGroup[]
  /** The failure whose drawer is open. */
  selected: string | undefined
  hasMore: boolean
  foot: ReactNode
  onEnd: () => void
}

/** The table. Repeats are one line, which can be unfolded. */
export function FailureTable({ groups, selected, hasMore, foot, onEnd }: FailureTableProps) {
  const { t } = useLingui()
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  const toggle = useCallback((id: string) => {
    setUnfolded(before => {
      const after = new Set(before)
      if (!after.delete(id)) after.add(id)
      return after
    })
  }, [])
  const rows = useMemo(() => rowsOf(groups, unfolded), [groups, unfolded])
  return (
    <VirtualTable
      label={t`Failures`}
      rows={rows}
      rowKey={idOf}
      rowProps={row => {
        const entry = row.member ?? row.entries[0]
        return {
          'aria-selected': entry?.id === selected && selected !== undefined ? true : undefined,
          className: classes('relative', row.member && 'bg-sunken/60 text-muted'),
        }
      }}
      keys={selected === undefined}
      hasMore={hasMore}
      foot={foot}
      onEnd={onEnd}
      className="max-h-[max(20rem,calc(100dvh-16.5rem))]"
      tableClassName="min-w-88 text-sm [&_td]:px-2 [&_th]:px-2 [&_td:first-child]:ps-4 [&_th:first-child]:ps-4"
      head={
        <>
          <Column className="w-22 md:w-36">
            <Trans>Time</Trans>
          </Column>
          <Column className="w-14 md:w-18">
            <span className="max-md:sr-only">
              <Trans>Repeats</Trans>
            </span>
          </Column>
          <Column className="md:w-32">
            <Trans>Connection</Trans>
          </Column>
          <Column secondary className="w-24">
            <Trans>Phase</Trans>
          </Column>
          <Column className="w-28 md:w-42 xl:w-64">
            <Trans>Reason</Trans>
          </Column>
          <Column secondary>
            <Trans>Message</Trans>
          </Column>
          <Column secondary align="end" className="w-13">
            <Trans>HTTP</Trans>
          </Column>
          <Column secondary align="end" className="w-18">
            <Trans>Attempt</Trans>
          </Column>
          <Column secondary className="w-20">
            <Trans>Retryable</Trans>
          </Column>
        </>
      }
    >
      {row => <RowCells row={row} unfolded={unfolded.has(row.id)} toggle={toggle} />}
    </VirtualTable>
  )
}

const idOf = (row: TailRow) => row.id

type RowCellsProps = { row: TailRow; unfolded: boolean; toggle: (id: string) => void }

// Remembered: with each frame of a burst the rows that stay are not rendered again.
const RowCells = memo(({ row, unfolded, toggle }: RowCellsProps) => {
  const entry = row.member ?? row.entries[0]
  if (!entry) return null
  if (entry.kind === 'gap') return <GapCell entry={entry} />
  const repeats = row.member ? 0 : row.entries.length
  return (
    <FailureCells
      failure={entry.failure}
      repeats={repeats > 1 && <Repeats count={repeats} unfolded={unfolded} onToggle={() => toggle(row.id)} />}
    />
  )
})

function FailureCells({ failure, repeats }: { failure: FailureRowFragment; repeats: ReactNode }) {
  const { t, i18n } = useLingui()
  const { id, occurredAt, connectionKey, phase, reason, message, oauthError, httpStatus, attempt, retryable } = failure
  const label = i18n._(failureReasons[reason])
  const time = logTime(i18n.locale, occurredAt)
  return (
    <>
      <Cell>
        {/* Its box covers the row. */}
        <Link
          from="/failures"
          to="/failures"
          search={before => ({ ...before, failure: id })}
          replace
          aria-label={connectionKey ? t`${time}: ${label}, ${connectionKey}` : t`${time}: ${label}`}
          className="after:absolute after:inset-0"
        >
          <span className="max-md:hidden">
            <Time at={occurredAt} exact="log" />
          </span>
          <span className="md:hidden">
            <Time at={occurredAt} exact="clock" />
          </span>
        </Link>
      </Cell>
      <Cell>{repeats}</Cell>
      <Cell className="font-mono" title={connectionKey ?? undefined}>
        {connectionKey}
      </Cell>
      <Cell secondary title={i18n._(phases[phase])}>
        {i18n._(phases[phase])}
      </Cell>
      <Cell>
        <Chip tone="bad">{label}</Chip>
        {oauthError && oauthError.error !== label && (
          <span className="ms-2 font-mono text-sm" title={oauthError.error}>
            {oauthError.error}
          </span>
        )}
      </Cell>
      <Cell secondary title={message} dir="auto">
        {message}
      </Cell>
      <Cell secondary align="end">
        {httpStatus ?? '–'}
      </Cell>
      <Cell secondary align="end">
        {attempt}
      </Cell>
      <Cell secondary>{retryable ? <Trans>Yes</Trans> : <Trans>No</Trans>}</Cell>
    </>
  )
}

function Repeats({ count, unfolded, onToggle }: { count: number; unfolded: boolean; onToggle: () => void }) {
  const { t, i18n } = useLingui()
  const shown = number(i18n.locale, count)
  return (
    <button
      type="button"
      aria-expanded={unfolded}
      aria-label={t`×${shown}, show each`}
      onClick={onToggle}
      className="relative inline-flex min-h-6 items-center rounded-sm bg-idle-soft pe-1.5 text-xs font-medium text-idle hover:bg-hover hover:text-ink forced-colors:border"
    >
      <ChevronRight aria-hidden className={classes('size-3.5 rtl:-scale-x-100', unfolded && 'rotate-90')} />×{shown}
    </button>
  )
}

function GapCell({ entry }: { entry: Extract<TailEntry, { kind: 'gap' }> }) {
  const { t } = useLingui()
  const missed = Number(entry.missed)
  return (
    <Cell colSpan={9} className="bg-warn-soft text-warn">
      <TriangleAlert aria-hidden className="me-2 inline size-4" />
      {entry.missed === null
        ? t`Some events could not be shown`
        : t`${plural(missed, { one: '# event could not be shown', other: '# events could not be shown' })}`}
    </Cell>
  )
}
