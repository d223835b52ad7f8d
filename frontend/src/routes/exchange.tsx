import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { RotateCcw } from 'lucide-react'
import { exchangeQuery } from '@/features/request/exchangeQuery'
import { ExchangeResult } from '@/features/request/result/ExchangeResult'
import { ButtonLink } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Notice } from '@/ui/Notice'
import { Page, Panel } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'
import { Time } from '@/ui/Time'

/** Renewed while the exchange is under way. */
const REFRESH_MS = 2_000

export function ExchangePage() {
  const { t } = useLingui()
  const { id } = useParams({ from: '/requests/$id' })
  const query = useQuery({
    ...exchangeQuery(id),
    refetchInterval: ({ state }) => (state.data && !state.data.outcome ? REFRESH_MS : false),
  })
  const { data } = query
  return (
    <Page
      title={t`Request`}
      heading={
        data && (
          <span className="font-mono text-lg">
            {data.request.method} <span className="font-normal">{data.request.url}</span>
          </span>
        )
      }
      lead={data && <Time at={data.startedAt} exact="dateTime" />}
      above={
        <Link to="/requests" className="hover:underline">
          <Trans>Requests</Trans>
        </Link>
      }
      actions={
        data && (
          <ButtonLink to="/requests" search={{ from: id }} icon={<RotateCcw aria-hidden className="size-4" />}>
            <Trans>Send again</Trans>
          </ButtonLink>
        )
      }
    >
      <Panel>
        <Loaded query={query} lines={12}>
          {exchange =>
            exchange ? (
              <div className="flex flex-col gap-4">
                <Notice tone="info">
                  <Trans>
                    This is what the record has of it. Queries, values of headers and bodies are seen only by whoever
                    sent the request: they may hold secrets.
                  </Trans>
                </Notice>
                <ExchangeResult exchange={exchange} />
              </div>
            ) : (
              <Empty
                action={
                  <ButtonLink to="/requests">
                    <Trans>Go to Requests</Trans>
                  </ButtonLink>
                }
              >
                <Trans>
                  There is no request with the ID <Mono>{id}</Mono>.
                </Trans>
              </Empty>
            )
          }
        </Loaded>
      </Panel>
    </Page>
  )
}
