// The live tail of auth failures: what has failed, and what fails.
import { plural } from '@lingui/core/macro'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { graphqlCommand } from '@/api/command'
import { summarise } from '@/ui/announce'
import { Button } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Empty, Failed, Loaded } from '@/ui/States'
import { useShortcuts } from '@/ui/shortcuts'
import { Time } from '@/ui/Time'
import { FailureDrawer } from './FailureDrawer'
import { FailureTable } from './FailureTable'
import { type FailureFilter, isEverything } from './filter'
import { TailButtons, TailState } from './TailControls'
import { KEPT_MAX, neighbours } from './tail'
import { type TailStart, tailStart, useFailureTail } from './useFailureTail'

type FailureTailProps = {
  filter: FailureFilter
  onClearFilter: () => void
  /** Global id of the failure whose drawer is open. */
  selected: string | undefined
  onSelect: (id: string | undefined) => void
}

/** The tail of what `filter` lets through. */
export function FailureTail(props: FailureTailProps) {
  const start = useQuery(tailStart(props.filter))
  return (
    <>
      <Loaded query={start} lines={12}>
        {data => <OpenTail key={JSON.stringify(props.filter)} start={data} {...props} />}
      </Loaded>
      {/* A link leads to it at once, whatever becomes of the list. */}
      {start.data === undefined && props.selected !== undefined && (
        <FailureDrawer id={props.selected} onSelect={props.onSelect} previous={null} next={null} />
      )}
    </>
  )
}

/** Least time over which what came is summed up for the polite voice. */
const SUMMARY_MS = 5_000

function useSummary(): (count: number, held: boolean) => void {
  const { t } = useLingui()
  const sum = useRef({ count: 0, since: 0 })
  return (count, held) => {
    const now = Date.now()
    if (now - sum.current.since > SUMMARY_MS) sum.current = { count: 0, since: now }
    sum.current.count += count
    const failures = sum.current.count
    summarise(
      held
        ? t`${plural(failures, { one: '# new failure, held back', other: '# new failures, held back' })}`
        : t`${plural(failures, { one: '# new failure', other: '# new failures' })}`,
    )
  }
}

function OpenTail({ start, filter, onClearFilter, selected, onSelect }: FailureTailProps & { start: TailStart }) {
  const view = useFailureTail(filter, start, useSummary())
  const { tail, stream, older } = view
  useShortcuts({
    ' ': () => (stream === null ? view.goLive() : tail.paused ? view.resume() : view.pause()),
  })
  const canLoadOlder = tail.hasOlder && tail.count < KEPT_MAX
  return (
    <Panel flush title={<TailState view={view} />} actions={<TailButtons view={view} />}>
      {tail.count > 0 ? (
        <FailureTable
          groups={tail.groups}
          selected={selected}
          hasMore={tail.hasOlder}
          onEnd={() => canLoadOlder && !tail.cleared && !older.error && older.load()}
          foot={<Foot view={view} canLoadOlder={canLoadOlder} />}
        />
      ) : (
        <NothingFailed view={view} filtered={!isEverything(filter)} onClearFilter={onClearFilter} />
      )}
      {selected !== undefined && (
        <FailureDrawer id={selected} onSelect={onSelect} {...neighbours(tail.groups, selected)} />
      )}
    </Panel>
  )
}

type View = ReturnType<typeof useFailureTail>

function Foot({ view, canLoadOlder }: { view: View; canLoadOlder: boolean }) {
  const { tail, older } = view
  if (older.error) return <Failed error={older.error} retry={older.load} />
  if (canLoadOlder) {
    return (
      <Button pending={older.pending} onClick={older.load}>
        <Trans>Show older</Trans>
      </Button>
    )
  }
  return (
    <p className="text-sm text-muted">
      {tail.dropped > 0 ? (
        <Plural
          value={tail.dropped}
          one="No more than 10,000 are shown here: # older one is in the log alone. A filter leads to it."
          other="No more than 10,000 are shown here: # older ones are in the log alone. A filter leads to them."
        />
      ) : tail.hasOlder ? (
        <Trans>No more than 10,000 are shown here. A filter leads to older ones.</Trans>
      ) : (
        <Trans>That is all.</Trans>
      )}
    </p>
  )
}

/** The same for a terminal. */
const QUERY = '{ authFailures(first: 10) { nodes { occurredAt connectionKey reason message remedy { summary } } } }'

type NothingProps = { view: View; filtered: boolean; onClearFilter: () => void }

function NothingFailed({ view, filtered, onClearFilter }: NothingProps) {
  const { tail, stream, older } = view
  const since = <Time at={new Date(view.emptySince).toISOString()} exact="clock" />
  const action = tail.hasOlder ? (
    <Button pending={older.pending} onClick={older.load}>
      <Trans>Show older</Trans>
    </Button>
  ) : filtered ? (
    <Button onClick={onClearFilter}>
      <Trans>Clear the filter</Trans>
    </Button>
  ) : undefined
  return (
    <>
      {older.error && <Failed error={older.error} retry={older.load} />}
      <Empty {...(action && { action })} command={graphqlCommand(QUERY)}>
        {stream === null ? (
          <Trans>Nothing to show, and nobody is watching.</Trans>
        ) : filtered ? (
          <Trans>Nothing that matches the filter has failed since {since}; watching.</Trans>
        ) : (
          <Trans>Nothing has failed since {since}; watching.</Trans>
        )}
      </Empty>
    </>
  )
}
