// The newest exchanges: of everybody, or the runs of one task.
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RotateCcw } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { requestUntil } from '@/api/request'
import { type RecentExchangeFragment, RecentExchangesDocument } from '@/gen/graphql'
import { duration } from '@/i18n/format'
import { tokenSources } from '@/labels/token'
import { Button, IconButton } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Loaded } from '@/ui/States'
import { Chip } from '@/ui/Status'
import { useRowKeys } from '@/ui/shortcuts'
import { Cell, Column, Head, Row, Table } from '@/ui/Table'
import { Time } from '@/ui/Time'
import { Outcome } from '@/views/Outcome'

const PAGE = 15
const REFRESH_MS = 5_000

type RecentProps = {
  /** Only the runs of this task. */
  task?: string
  /** Shown while there are none. */
  empty: ReactNode
  /** Offers to run each once more. */
  onAgain?: (id: string) => void
}

/** A table of exchanges, newest first, renewed as long as only its first page is shown. */
export function RecentExchanges({ task, empty, onAgain }: RecentProps) {
  const query = useInfiniteQuery({
    queryKey: ['exchanges', { task: task ?? null }],
    queryFn: async ({ signal, pageParam }) => {
      const filter = task === undefined ? null : { tasks: [task] }
      const page = await requestUntil(signal, RecentExchangesDocument, { first: PAGE, after: pageParam, filter })
      return page.httpExchanges
    },
    initialPageParam: null as string | null,
    getNextPageParam: last => (last?.pageInfo.hasNextPage ? last.pageInfo.endCursor : null),
    refetchInterval: ({ state }) => (state.data && state.data.pages.length > 1 ? false : REFRESH_MS),
  })
  return (
    <Loaded query={query} lines={8}>
      {({ pages }) => {
        const exchanges = pages.flatMap(page => page?.nodes ?? [])
        if (exchanges.length === 0) return empty
        return (
          <>
            <ExchangeTable exchanges={exchanges} {...(onAgain && { onAgain })} isOfTask={task !== undefined} />
            {query.hasNextPage && (
              <div className="flex justify-center border-t border-line p-2">
                <Button look="quiet" pending={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                  <Trans>Show more</Trans>
                </Button>
              </div>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

type TableProps = { exchanges: RecentExchangeFragment[]; onAgain?: (id: string) => void; isOfTask: boolean }

function ExchangeTable({ exchanges, onAgain, isOfTask }: TableProps) {
  const { t } = useLingui()
  const body = useRef<HTMLTableSectionElement>(null)
  useRowKeys(body)
  return (
    <div className="relative overflow-x-auto">
      <Table label={t`Recent requests`}>
        <Head>
          <Column secondary>
            <Trans>When</Trans>
          </Column>
          <Column>
            <Trans>Request</Trans>
          </Column>
          <Column secondary>
            <Trans>Result</Trans>
          </Column>
          <Column secondary>
            <Trans>Token</Trans>
          </Column>
          <Column align="end" secondary>
            <Trans>Took</Trans>
          </Column>
          {onAgain && (
            <Column>
              <span className="sr-only">{t`Actions`}</span>
            </Column>
          )}
        </Head>
        <tbody ref={body}>
          {exchanges.map(exchange => (
            <ExchangeRow
              key={exchange.id}
              exchange={exchange}
              isOfTask={isOfTask}
              {...(onAgain && { onAgain: () => onAgain(exchange.id) })}
            />
          ))}
        </tbody>
      </Table>
    </div>
  )
}

type RowProps = { exchange: RecentExchangeFragment; isOfTask: boolean; onAgain?: () => void }

function ExchangeRow({ exchange, isOfTask, onAgain }: RowProps) {
  const { t, i18n } = useLingui()
  const { id, startedAt, request, outcome, token, timings, connectionKey, taskKey } = exchange
  return (
    <Row>
      <Cell secondary className="text-muted">
        <Time at={startedAt} />
      </Cell>
      <Cell className="w-full min-w-44 md:min-w-64">
        <Link to="/requests/$id" params={{ id }} className="inline-block min-h-6 hover:underline">
          <Mono className="font-semibold">{request.method}</Mono> <Mono>{request.url}</Mono>
        </Link>
        <div className="flex flex-wrap gap-x-3 text-sm md:hidden">
          <Outcome outcome={outcome} />
          <span className="text-muted">
            <Time at={startedAt} />
          </span>
        </div>
        {!isOfTask && <Origin connectionKey={connectionKey} taskKey={taskKey} />}
      </Cell>
      <Cell secondary>
        <Outcome outcome={outcome} />
      </Cell>
      <Cell secondary>
        {token && <Chip tone={tokenSources[token.source].tone}>{i18n._(tokenSources[token.source].label)}</Chip>}
      </Cell>
      <Cell align="end" secondary className="whitespace-nowrap">
        {timings && duration(i18n.locale, timings.totalMs)}
      </Cell>
      {onAgain && (
        <Cell align="end" className="py-1 ps-0">
          <IconButton label={t`Send again`} onClick={onAgain}>
            <RotateCcw aria-hidden className="size-4" />
          </IconButton>
        </Cell>
      )}
    </Row>
  )
}

function Origin({ connectionKey, taskKey }: Pick<RecentExchangeFragment, 'connectionKey' | 'taskKey'>) {
  return (
    <div className="flex flex-wrap gap-x-3 text-sm text-muted">
      {connectionKey ? (
        <span>
          <Trans>
            by{' '}
            <Link to="/connections/$key" params={{ key: connectionKey }} className="font-mono hover:underline">
              {connectionKey}
            </Link>
          </Trans>
        </span>
      ) : (
        <Trans>without a connection</Trans>
      )}
      {taskKey && (
        <span>
          <Trans>
            run of{' '}
            <Link to="/tasks/$key" params={{ key: taskKey }} className="font-mono hover:underline">
              {taskKey}
            </Link>
          </Trans>
        </span>
      )}
    </div>
  )
}
