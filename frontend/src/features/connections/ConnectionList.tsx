// The list of connections with its filter, its pages, and its states as they change.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useNavigate } from '@tanstack/react-router'
import { useRef } from 'react'
import { graphqlCommand } from '@/api/command'
import { useMissing } from '@/api/viewer'
import { Button, ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'
import { StreamState } from '@/ui/StreamState'
import { useRowKeys, useShortcuts } from '@/ui/shortcuts'
import { useNow } from '@/ui/Time'
import { ConnectionFilters } from './ConnectionFilters'
import { ConnectionTable } from './ConnectionTable'
import { type ConnectionSearch, filterOf } from './filter'
import { useConnections, useFailures, useLiveStates } from './useConnections'

type ListProps = { search: ConnectionSearch; onSearch: (search: ConnectionSearch) => void }

/** Everything below the page's head. */
export function ConnectionList({ search, onSearch }: ListProps) {
  const navigate = useNavigate()
  const box = useRef<HTMLInputElement>(null)
  const table = useRef<HTMLDivElement>(null)
  useRowKeys(table)
  useShortcuts({ '/': () => box.current?.focus() })
  useShortcuts({ c: () => void navigate({ to: '/connections/new' }) }, useMissing('create:Connection') === null)
  const list = useConnections(search)
  const failures = useFailures(search, (list.data?.pageParams ?? []) as (string | null)[], useNow())
  const status = useLiveStates(list.dataUpdatedAt)
  const pages = list.data?.pages ?? []
  const rows = pages.flatMap(page => page?.nodes ?? [])
  const total = pages[0]?.totalCount ?? null
  const filtered = filterOf(search) !== null
  const bare = list.data !== undefined && rows.length === 0 && !filtered
  const clear = () => {
    onSearch({})
    box.current?.focus()
  }
  const actions = (
    <>
      {filtered && rows.length > 0 && (
        <Button look="quiet" onClick={clear}>
          <Trans>Clear the filter</Trans>
        </Button>
      )}
      <span className="text-sm text-muted">
        <StreamState status={status} position={null} />
      </span>
    </>
  )
  return (
    <>
      {!bare && <ConnectionFilters search={search} onChange={onSearch} ref={box} />}
      <Panel flush {...(!bare && list.data && { title: <Count total={total} /> })} actions={actions}>
        <div ref={table} aria-busy={list.isPlaceholderData} className="aria-busy:opacity-60">
          <Loaded query={list} lines={10}>
            {() =>
              rows.length > 0 ? (
                <ConnectionTable rows={rows} failures={failures} />
              ) : filtered ? (
                <NoMatch onClear={clear} />
              ) : (
                <NoConnections />
              )
            }
          </Loaded>
        </div>
        {list.hasNextPage && (
          <div className="flex justify-center border-t border-line p-3">
            <Button pending={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
              <Trans>Show more</Trans>
            </Button>
          </div>
        )}
      </Panel>
    </>
  )
}

function Count({ total }: { total: number | null }) {
  if (total === null) return <Trans>Connections</Trans>
  return <Plural value={total} one="# connection" other="# connections" />
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <Empty
      action={
        <Button onClick={onClear}>
          <Trans>Clear the filter</Trans>
        </Button>
      }
    >
      <Trans>No connection matches the filter.</Trans>
    </Empty>
  )
}

const CREATE = `mutation ($input: CreateConnectionInput!) {
  createConnection(input: $input) { connection { key } userErrors { message path } }
}`

function NoConnections() {
  const { t } = useLingui()
  const missing = useMissing('create:Connection')
  const input = {
    key: 'my-client',
    displayName: 'My client',
    clientId: '…',
    accessTokenUrl: 'https://…/token',
    authentication: { clientSecret: { secret: 'my-secret' } },
  }
  return (
    <Empty
      action={
        missing ? (
          <Button missing={missing}>{t`Add`}</Button>
        ) : (
          <ButtonLink look="primary" to="/connections/new">{t`Add`}</ButtonLink>
        )
      }
      command={graphqlCommand(CREATE, { input })}
    >
      <Trans>There are no connections yet: a connection keeps a client’s credentials and gets its tokens.</Trans>
    </Empty>
  )
}
