// A chart of what happened over time, with its legend and the same as a table. The library that draws is loaded only when
// there is something to draw.
import { Trans, useLingui } from '@lingui/react/macro'
import { lazy, Suspense, useId, useRef, useState } from 'react'
import { Button } from './Button'
import { type ChartSeries, dashes, isBars } from './chartSeries'
import { classes } from './classes'
import type { Tone } from './Status'
import type { Steps } from './series'
import { stepName } from './stepNames'
import { Cell, Column, Head, Table } from './Table'

const Plot = lazy(() => import('./Plot'))

type ChartProps = {
  /** Names it. */
  label: string
  steps: Steps
  series: ChartSeries[]
  /** Writes a value with its unit. */
  format: (value: number) => string
}

const tones: Record<Tone | 'accent', string> = {
  accent: 'text-accent',
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  idle: 'text-idle',
}

/** A chart. */
export function Chart({ label, steps, series, format }: ChartProps) {
  const { i18n } = useLingui()
  const keys = useRef<HTMLUListElement>(null)
  const [pointed, setPointed] = useState<number | null>(null)
  const [tabled, setTabled] = useState(false)
  const tableId = useId()
  const nameOf = (step: number) => stepName(i18n.locale, steps, step)
  const valueAt = ({ values }: ChartSeries, step: number) => {
    const value = values[step]
    return value === null || value === undefined ? '–' : format(value)
  }
  // The data may become shorter while somebody points at it.
  const step = pointed !== null && pointed < steps.starts.length ? pointed : null
  return (
    <figure aria-label={label} className="m-0 flex min-w-0 flex-col gap-2">
      <div className="flex items-start justify-between gap-x-2">
        <Legend
          ref={keys}
          entries={series.map(one => ({ ...one, value: step === null ? (one.whole ?? null) : valueAt(one, step) }))}
        />
        <Button
          look="quiet"
          aria-expanded={tabled}
          aria-controls={tableId}
          className="-my-1 -me-3"
          onClick={() => setTabled(!tabled)}
        >
          <Trans>Table</Trans>
        </Button>
      </div>
      <div className="relative h-48 min-w-0">
        {/* Over the plot and not beside the legend, which must not wrap anew whenever somebody points at a step. */}
        {step !== null && (
          <span className="pointer-events-none absolute end-2 top-0 z-10 rounded-sm bg-surface/85 px-1.5 text-sm text-muted">
            {nameOf(step)}
          </span>
        )}
        <Suspense>
          <Plot
            label={label}
            steps={steps}
            series={series}
            format={format}
            colourOf={index => colourOf(keys.current?.children[index])}
            stepText={index =>
              `${nameOf(index)}: ${series.map(one => `${one.name} ${valueAt(one, index)}`).join(', ')}`
            }
            onPoint={setPointed}
          />
        </Suspense>
      </div>
      <div
        id={tableId}
        {...(tabled && { tabIndex: 0, role: 'group', 'aria-label': label })}
        // Those who can't see the chart find the table without looking for a button.
        className={tabled ? 'max-h-72 overflow-auto rounded-md border border-line' : 'sr-only'}
      >
        <Table label={label}>
          <Head>
            <Column>
              <Trans>Time</Trans>
            </Column>
            {series.map(({ name }) => (
              <Column key={name} align="end">
                {name}
              </Column>
            ))}
          </Head>
          <tbody>
            {steps.starts
              .map((start, index) => (
                <tr key={start} className="border-b border-line last:border-0">
                  <Cell className="whitespace-nowrap">{nameOf(index)}</Cell>
                  {series.map(one => (
                    <Cell key={one.name} align="end">
                      {valueAt(one, index)}
                    </Cell>
                  ))}
                </tr>
              ))
              .reverse()}
          </tbody>
        </Table>
      </div>
    </figure>
  )
}

type LegendProps = { ref: React.Ref<HTMLUListElement>; entries: (ChartSeries & { value: string | null })[] }

function Legend({ ref, entries }: LegendProps) {
  return (
    <ul ref={ref} className="flex min-h-6 flex-wrap gap-x-3 gap-y-1 text-sm">
      {entries.map(({ name, tone, look, value }) => (
        <li key={name} className="flex items-center gap-1.5">
          <svg aria-hidden width="22" height="10" className={classes('shrink-0', tones[tone])}>
            {isBars(look) ? (
              <rect
                x="5.5"
                y="0.5"
                width="11"
                height="9"
                fill="currentColor"
                fillOpacity={look === 'bars' ? 0.2 : 1}
                stroke="currentColor"
              />
            ) : (
              <line
                x1="0"
                x2="22"
                y1="5"
                y2="5"
                stroke="currentColor"
                strokeWidth="2"
                strokeDasharray={dashes[look].join(' ')}
              />
            )}
          </svg>
          <span className="text-muted">{name}</span>
          {value !== null && <span className="min-w-[6ch] font-medium">{value}</span>}
        </li>
      ))}
    </ul>
  )
}

/** The colour of a legend's entry, as the theme or the system's forced colours have it now: the chart can't differ. */
function colourOf(entry: Element | undefined): string {
  const key = entry?.querySelector('svg')
  return key ? getComputedStyle(key).color : 'currentcolor'
}
