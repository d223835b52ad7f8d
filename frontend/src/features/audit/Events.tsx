// The events of a search: the table with its live tail, and the drawer of one of them.
import { Trans } from '@lingui/react/macro'
import { useNavigate } from '@tanstack/react-router'
import { Pause, Play } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { Button } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'
import { Status } from '@/ui/Status'
import { StreamState } from '@/ui/StreamState'
import { useShortcuts } from '@/ui/shortcuts'
import { EventDrawer } from './EventDrawer'
import { EventTable } from './EventTable'
import { neighboursOf } from './pages'
import { SearchBox } from './SearchBox'
import { parseSearch } from './search'
import { type AuditEvents, useAuditEvents } from './useAuditEvents'

type EventsProps = {
  /** The text of the search. */
  text: string
  /** Position of the event that is open. */
  open: number | undefined
}

/** The search, what it finds, and the one that is open. */
export function Events({ text, open }: EventsProps) {
  const navigate = useNavigate({ from: '/audit' })
  // Spans before now are counted from when the search was made.
  const search = useMemo(() => parseSearch(text, Date.now()), [text])
  const valid = search.problems.length === 0
  const [paused, setPaused] = useState(false)
  // Nothing new can come before a moment that has passed.
  const canGrow = !search.terms.some(term => term.field === 'before')
  const events = useAuditEvents(search.filter, valid, canGrow && !paused)
  const actors = useMemo(() => [...new Set(events.rows.map(row => row.node.actor.id))], [events.rows])
  // Whoever walks through the rows in the drawer comes to the last one: what lies behind it is wanted.
  const isLast = open !== undefined && Number(events.rows.at(-1)?.node.sequence) === open
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each last row
  useEffect(() => {
    if (isLast) more(events.query)
  }, [isLast])
  const show = (event: number | undefined) =>
    navigate({ search: previous => ({ ...previous, event }), resetScroll: false })
  return (
    <div className="flex flex-col gap-4">
      <SearchBox
        text={text}
        search={search}
        actors={actors}
        onChange={q => navigate({ search: q === '' ? {} : { q }, resetScroll: false })}
      />
      <Panel
        title={<Trans>Events</Trans>}
        flush
        actions={
          valid && canGrow ? <Tail events={events} paused={paused} onPause={() => setPaused(!paused)} /> : undefined
        }
      >
        {valid ? (
          <Found events={events} open={open} searched={text !== ''} />
        ) : (
          <Empty>
            <Trans>Nothing was searched: see what the box says.</Trans>
          </Empty>
        )}
      </Panel>
      {open !== undefined && (
        <EventDrawer
          position={open}
          neighbours={neighboursOf(events.rows, open, text === '')}
          onShow={show}
          onClose={() => show(undefined)}
        />
      )}
    </div>
  )
}

function Tail({ events, paused, onPause }: { events: AuditEvents; paused: boolean; onPause: () => void }) {
  useShortcuts({ ' ': onPause })
  return (
    <>
      {paused ? (
        <Status tone="idle">
          <Trans>Paused; nothing will be missed</Trans>
        </Status>
      ) : (
        <StreamState status={events.status} position={events.resumedAt} />
      )}
      <Button
        onClick={onPause}
        icon={paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
      >
        {paused ? <Trans>Resume</Trans> : <Trans>Pause</Trans>}
      </Button>
    </>
  )
}

function more(query: AuditEvents['query']): void {
  if (query.hasNextPage && !query.isFetching && !query.error) void query.fetchNextPage()
}

/** The same for a terminal. */
const COMMAND = 'latchkey events'

function Found({ events, open, searched }: { events: AuditEvents; open: number | undefined; searched: boolean }) {
  const { query, rows } = events
  return (
    <Loaded query={query} lines={12}>
      {() =>
        rows.length === 0 ? (
          searched ? (
            <Empty>
              <Trans>No event is like this. Remove a part of the search to see more.</Trans>
            </Empty>
          ) : (
            <Empty command={COMMAND}>
              <Trans>Nothing has been recorded yet. Everything that happens from now on appears here.</Trans>
            </Empty>
          )
        ) : (
          <EventTable
            rows={rows}
            open={open}
            hasMore={query.hasNextPage}
            onEnd={() => more(query)}
            foot={
              query.hasNextPage ? (
                <Button pending={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                  <Trans>Show older</Trans>
                </Button>
              ) : (
                <span className="text-sm text-muted">
                  {searched ? <Trans>Nothing older was found.</Trans> : <Trans>This is where it begins.</Trans>}
                </span>
              )
            }
          />
        )
      }
    </Loaded>
  )
}
