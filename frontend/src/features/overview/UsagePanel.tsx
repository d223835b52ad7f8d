// What was asked for in the last 24 hours.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { OverviewUsageDataFragment } from '@/gen/graphql'
import { duration, number, percent } from '@/i18n/format'
import { ButtonLink } from '@/ui/Button'
import { Figure, Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import type { Steps } from '@/ui/series'
import { cacheHitRate, RequestsChart } from '@/views/UsageView'
import { usageQuery } from './queries'

/** The figures and their chart. */
export function UsagePanel() {
  const query = useQuery(usageQuery)
  return (
    <Panel title={<Trans>Requests in the last 24 hours</Trans>} flush>
      <Loaded query={query} lines={12}>
        {data => data && <Usage usage={data.usage} steps={data.steps} />}
      </Loaded>
    </Panel>
  )
}

function Usage({ usage: { totals, series }, steps }: { usage: OverviewUsageDataFragment; steps: Steps }) {
  const { i18n } = useLingui()
  const rate = cacheHitRate(totals)
  const { p95Ms } = totals.latency
  return (
    <>
      <div className="grid grid-cols-2 sm:grid-cols-4 lg:grid-cols-2 xl:grid-cols-4">
        <Figure name={<Trans>Requests</Trans>} value={number(i18n.locale, totals.requests)} />
        <Figure name={<Trans>Token requests</Trans>} value={number(i18n.locale, totals.tokenRequests)} />
        <Figure name={<Trans>Cache hit rate</Trans>} value={rate === null ? '–' : percent(i18n.locale, rate)} />
        <Figure name={<Trans>Latency p95</Trans>} value={p95Ms == null ? '–' : duration(i18n.locale, p95Ms)} />
      </div>
      <div className="border-t border-line p-4">
        {totals.requests === 0 ? (
          <div className="flex flex-col items-center gap-3 py-8 text-center">
            <p className="text-muted">
              <Trans>No request in the last 24 hours.</Trans>
            </p>
            <ButtonLink to="/requests">
              <Trans>Send a request</Trans>
            </ButtonLink>
          </div>
        ) : (
          <RequestsChart totals={totals} series={series} steps={steps} />
        )}
      </div>
    </>
  )
}
