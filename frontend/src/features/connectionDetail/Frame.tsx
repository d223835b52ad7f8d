// The head of a connection with its state as it is now, and the tabs below it.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import type { StreamStatus } from '@/api/stream'
import { useStream } from '@/api/useStream'
import { useMissing } from '@/api/viewer'
import { ConnectionDetailStatesDocument, type ConnectionHeadFragment } from '@/gen/graphql'
import { connectionStates } from '@/labels/connectionState'
import { summarise } from '@/ui/announce'
import { ButtonLink, IconButton } from '@/ui/Button'
import { CopyButton, Mono } from '@/ui/Code'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'
import { Page, Tab, Tabs } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'
import { Status } from '@/ui/Status'
import { StreamState } from '@/ui/StreamState'
import { useRowKeys, useShortcuts } from '@/ui/shortcuts'
import { Time } from '@/ui/Time'
import { ActionBar } from './ActionBar'
import { headQuery } from './queries'
import { PageActions, useActions } from './useActions'

/** The page of the connection with this Key. */
export function Frame({ connectionKey, children }: { connectionKey: string; children: ReactNode }) {
  const { t } = useLingui()
  const query = useQuery(headQuery(connectionKey))
  if (query.data) {
    return (
      <Found connection={query.data} stale={query.error}>
        {children}
      </Found>
    )
  }
  return (
    <Page title={t`Connection`} above={<ToConnections />}>
      <Loaded query={query} lines={8}>
        {() => (
          <Empty
            action={
              <ButtonLink to="/connections">
                <Trans>Go to Connections</Trans>
              </ButtonLink>
            }
          >
            <Trans>
              There is no connection with the Key <Mono>{connectionKey}</Mono>.
            </Trans>
          </Empty>
        )}
      </Loaded>
    </Page>
  )
}

type FoundProps = { connection: ConnectionHeadFragment; stale: Error | null; children: ReactNode }

function Found({ connection, stale, children }: FoundProps) {
  const { t } = useLingui()
  const { key, displayName } = connection
  const navigate = useNavigate()
  const actions = useActions(key)
  const messageOf = useMessageOf()
  const why = stale && messageOf(stale)
  const stream = useLiveState(connection)
  const mayTest = useMissing('test:Connection') === null
  const rows = useRef<HTMLDivElement>(null)
  useRowKeys(rows)
  useShortcuts({
    t: () => mayTest && !actions.test.isPending && actions.test.mutate(),
    e: () => navigate({ to: '/connections/$key/configuration', params: { key } }),
  })
  const tab = (to: '' | '/configuration' | '/usage' | '/history', name: ReactNode) => (
    <Tab to={`/connections/$key${to}`} params={{ key }}>
      {name}
    </Tab>
  )
  return (
    <Page
      title={displayName}
      above={<ToConnections />}
      lead={<StateLine connection={connection} stream={stream} />}
      actions={<ActionBar connection={connection} actions={actions} />}
      tabs={
        <Tabs label={t`Parts of the connection`}>
          {tab('', <Trans>Overview</Trans>)}
          {tab('/configuration', <Trans>Configuration</Trans>)}
          {tab('/usage', <Trans>Usage Data</Trans>)}
          {tab('/history', <Trans>History</Trans>)}
        </Tabs>
      }
    >
      {stale && (
        <div className="mb-4">
          <Notice tone="warn">
            <Trans>This could not be refreshed: {why}</Trans>
          </Notice>
        </div>
      )}
      {actions.said && (
        <div className="mb-4">
          <Notice
            tone={actions.said.tone}
            actions={
              <IconButton label={t`Dismiss`} className="-my-1 size-7" onClick={() => actions.say(null)}>
                <X aria-hidden className="size-4" />
              </IconButton>
            }
          >
            {actions.said.text}
          </Notice>
        </div>
      )}
      <div ref={rows}>
        <PageActions value={actions}>{children}</PageActions>
      </div>
    </Page>
  )
}

/** Asks for everything again when the state has changed, and says so. Whoever may not listen gets it a little later. */
function useLiveState({ key, state }: ConnectionHeadFragment): StreamStatus {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const mayListen = useMissing('list:Connection') === null
  const word = state && i18n._(connectionStates[state].label)
  useEffect(() => {
    if (word) summarise(t`State: ${word}`)
  }, [word, t])
  return useStream(
    key,
    {
      document: ConnectionDetailStatesDocument,
      variables: { keys: [key] },
      from: null,
      select: data => data.connectionStates,
    },
    // Not the configuration: somebody may be editing it.
    {
      onEdge: () => {
        for (const part of ['head', 'overview', 'history'])
          void client.invalidateQueries({ queryKey: ['connection', key, part] })
      },
    },
    mayListen,
  )
}

function ToConnections() {
  return (
    <Link to="/connections" className="hover:underline">
      <Trans>Connections</Trans>
    </Link>
  )
}

function StateLine({ connection, stream }: { connection: ConnectionHeadFragment; stream: StreamStatus }) {
  const { t, i18n } = useLingui()
  const { key, state, stateReason, stateSince } = connection
  return (
    <span className="flex flex-col gap-1">
      <span className="flex flex-wrap items-center gap-x-4">
        <span className="flex items-center">
          <Mono>{key}</Mono>
          <CopyButton text={key} label={t`Copy the Key`} />
        </span>
        {state && (
          <span className="text-ink">
            <Status tone={connectionStates[state].tone}>{i18n._(connectionStates[state].label)}</Status>
          </span>
        )}
        {stateSince && (
          <span>
            <Trans>
              since <Time at={stateSince} exact="dateTime" />
            </Trans>
          </span>
        )}
        {stream.phase === 'lost' && <StreamState status={stream} position={null} />}
      </span>
      {stateReason && <span className="break-words">{stateReason}</span>}
    </span>
  )
}
