// AireGlu's *Usage Data*: sums, charts and reasons, of whatever it is that was used.
import { Trans, useLingui } from '@lingui/react/macro'
import type { UsageViewFragment } from '@/gen/graphql'
import { duration, number, percent } from '@/i18n/format'
import { failureReasons } from '@/labels/failure'
import { Chart } from '@/ui/Chart'
import { Figure, Panel } from '@/ui/Page'
import { Segmented } from '@/ui/Segmented'
import { fill, RANGES, type Range, type Steps } from '@/ui/series'

type Totals = UsageViewFragment['totals']

/** Which range is looked at. It belongs into the address of the page. */
export function RangePicker({ value, onChange }: { value: Range; onChange: (range: Range) => void }) {
  const { t } = useLingui()
  const names: Record<Range, string> = { '1h': t`1 hour`, '24h': t`24 hours`, '7d': t`7 days`, '30d': t`30 days` }
  return (
    <Segmented
      label={t`Range`}
      value={value}
      options={RANGES.map(range => ({ value: range, label: names[range] }))}
      onChange={onChange}
    />
  )
}

/** Usage Data of one range. `steps` are those of the `rangeWindow` that was asked for. */
export function UsageView({ usage, steps }: { usage: UsageViewFragment; steps: Steps }) {
  return (
    <div className="flex flex-col gap-4">
      <Panel flush>
        <TotalsView totals={usage.totals} />
      </Panel>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Charts usage={usage} steps={steps} />
        <Panel title={<Trans>Why requests failed</Trans>}>
          <Reasons reasons={usage.topReasons} />
        </Panel>
      </div>
    </div>
  )
}

/** The share of requests whose token was in the cache; null without requests. */
export function cacheHitRate({ cacheHits, requests }: Pick<Totals, 'cacheHits' | 'requests'>): number | null {
  return requests === 0 ? null : cacheHits / requests
}

function TotalsView({ totals }: { totals: Totals }) {
  const { i18n } = useLingui()
  const count = (value: number) => number(i18n.locale, value)
  const time = (ms: number | null | undefined) => (ms == null ? '–' : duration(i18n.locale, ms))
  const rate = cacheHitRate(totals)
  const { p50Ms, p95Ms, p99Ms } = totals.latency
  return (
    <div className="grid grid-cols-2 sm:grid-cols-3 lg:grid-cols-6">
      <Figure name={<Trans>Requests</Trans>} value={count(totals.requests)} />
      <Figure name={<Trans>Succeeded</Trans>} value={count(totals.succeeded)} />
      <Figure name={<Trans>Auth failures</Trans>} value={count(totals.authFailures)} />
      <Figure name={<Trans>Transport failures</Trans>} value={count(totals.transportFailures)} />
      <Figure name={<Trans>Unknown</Trans>} value={count(totals.unknown)} />
      <Figure name={<Trans>Retries</Trans>} value={count(totals.retries)} />
      <Figure name={<Trans>Token requests</Trans>} value={count(totals.tokenRequests)} />
      <Figure name={<Trans>Cache hit rate</Trans>} value={rate === null ? '–' : percent(i18n.locale, rate)} />
      <Figure name={<Trans>Latency p50</Trans>} value={time(p50Ms)} />
      <Figure name={<Trans>Latency p95</Trans>} value={time(p95Ms)} />
      <Figure name={<Trans>Latency p99</Trans>} value={time(p99Ms)} />
    </div>
  )
}

function Charts({ usage, steps }: { usage: UsageViewFragment; steps: Steps }) {
  const { t, i18n } = useLingui()
  const { totals, series } = usage
  const count = (value: number) => number(i18n.locale, value)
  const counts = (of: (totals: UsageViewFragment['series'][number]['totals']) => number) =>
    fill(steps, series, point => of(point.totals), 0)
  const quantile = (name: 'p50Ms' | 'p95Ms' | 'p99Ms') =>
    fill(steps, series, point => point.totals.latency[name] ?? null, null)
  const time = (ms: number) => duration(i18n.locale, ms)
  const whole = (name: 'p50Ms' | 'p95Ms' | 'p99Ms') => {
    const value = totals.latency[name]
    return value == null ? '–' : time(value)
  }
  return (
    <>
      <Panel title={<Trans>Requests and failures</Trans>}>
        <RequestsChart totals={totals} series={series} steps={steps} />
      </Panel>
      <Panel title={<Trans>Latency</Trans>}>
        <Chart
          label={t`Latency`}
          steps={steps}
          format={time}
          series={[
            { name: 'p50', tone: 'accent', look: 'solid', values: quantile('p50Ms'), whole: whole('p50Ms') },
            { name: 'p95', tone: 'info', look: 'dashed', values: quantile('p95Ms'), whole: whole('p95Ms') },
            { name: 'p99', tone: 'warn', look: 'dotted', values: quantile('p99Ms'), whole: whole('p99Ms') },
          ]}
        />
      </Panel>
      <Panel title={<Trans>Tokens</Trans>}>
        <Chart
          label={t`Tokens`}
          steps={steps}
          format={count}
          series={[
            {
              name: t`From the cache`,
              tone: 'accent',
              look: 'bars',
              values: counts(of => of.cacheHits),
              whole: count(totals.cacheHits),
            },
            {
              name: t`Token requests`,
              tone: 'info',
              look: 'filled-bars',
              values: counts(of => of.tokenRequests),
              whole: count(totals.tokenRequests),
            },
          ]}
        />
      </Panel>
    </>
  )
}

type Counted = { requests: number; authFailures: number; transportFailures: number }

/** Requests over time, and the part of them that failed. */
export function RequestsChart({
  totals,
  series,
  steps,
}: {
  totals: Counted
  series: { at: string; totals: Counted }[]
  steps: Steps
}) {
  const { t, i18n } = useLingui()
  const count = (value: number) => number(i18n.locale, value)
  const failed = (of: Counted) => of.authFailures + of.transportFailures
  return (
    <Chart
      label={t`Requests and failures`}
      steps={steps}
      format={count}
      series={[
        {
          name: t`Requests`,
          tone: 'accent',
          look: 'bars',
          values: fill(steps, series, point => point.totals.requests, 0),
          whole: count(totals.requests),
        },
        {
          name: t`Failures`,
          tone: 'bad',
          look: 'filled-bars',
          values: fill(steps, series, point => failed(point.totals), 0),
          whole: count(failed(totals)),
        },
      ]}
    />
  )
}

function Reasons({ reasons }: { reasons: UsageViewFragment['topReasons'] }) {
  const { i18n } = useLingui()
  if (reasons.length === 0) {
    return (
      <p className="text-muted">
        <Trans>No request failed in this time.</Trans>
      </p>
    )
  }
  const most = Math.max(...reasons.map(({ count }) => count))
  return (
    <ul className="flex flex-col gap-3">
      {reasons.map(({ reason, count }) => (
        <li key={reason}>
          <div className="flex justify-between gap-4">
            <span>{i18n._(failureReasons[reason])}</span>
            <span className="font-medium">{number(i18n.locale, count)}</span>
          </div>
          <div aria-hidden className="mt-1 h-2 rounded-full bg-sunken">
            <div
              className="h-full rounded-full bg-bad forced-colors:border"
              style={{ width: `${Math.max(1, (100 * count) / most)}%` }}
            />
          </div>
        </li>
      ))}
    </ul>
  )
}
