// Where the time went: bars along one axis, in a table that says the same in figures.
import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { duration } from '@/i18n/format'
import { classes } from './classes'
import type { Tone } from './Status'
import { Cell, Column, Head, Row, Table } from './Table'

/** One span of time, counted from the beginning of the whole. */
export type Span = {
  key: string
  label: ReactNode
  note?: ReactNode
  startMs: number
  durationMs: number
  tone: Tone
  /** It is part of the one above it. */
  part?: boolean
}

const bars: Record<Tone, string> = { ok: 'bg-ok', warn: 'bg-warn', bad: 'bg-bad', info: 'bg-info', idle: 'bg-idle' }

/** Left out where the table itself is narrow, whatever the window is. */
const narrow = '@max-[36rem]:hidden'

/** The spans of something that took `totalMs`. */
export function Waterfall({ label, spans, totalMs }: { label: string; spans: Span[]; totalMs: number }) {
  const { t, i18n } = useLingui()
  const whole = Math.max(totalMs, ...spans.map(span => span.startMs + span.durationMs), 0.001)
  const share = (ms: number) => `${Math.min(100, (ms / whole) * 100)}%`
  return (
    <div className="@container">
      <Table label={label} className="table-fixed">
        <Head>
          <Column className="w-[34%]">
            <Trans>Step</Trans>
          </Column>
          <Column>
            <span className="sr-only">{t`Timeline`}</span>
            <span aria-hidden className="flex justify-between text-xs font-normal">
              <span>0</span>
              <span>{duration(i18n.locale, whole)}</span>
            </span>
          </Column>
          <Column align="end" className={classes('w-24', narrow)}>
            <Trans>Started after</Trans>
          </Column>
          <Column align="end" className="w-24">
            <Trans>Took</Trans>
          </Column>
        </Head>
        <tbody>
          {spans.map(span => (
            <Row key={span.key} className="align-top">
              <Cell className={classes('break-words', span.part && 'ps-8')}>
                {span.label}
                {span.note && <div className="text-sm text-muted">{span.note}</div>}
              </Cell>
              <Cell>
                <div aria-hidden className="relative my-1 h-3 rounded-sm bg-sunken">
                  <div
                    className={classes(
                      'absolute inset-y-0 min-w-0.5 rounded-sm forced-colors:border',
                      bars[span.tone],
                      span.part && 'opacity-60',
                    )}
                    style={{
                      insetInlineStart: `min(${share(span.startMs)}, calc(100% - 2px))`,
                      width: share(span.durationMs),
                    }}
                  />
                </div>
              </Cell>
              <Cell align="end" className={classes('whitespace-nowrap text-muted', narrow)}>
                {duration(i18n.locale, span.startMs)}
              </Cell>
              <Cell align="end" className="whitespace-nowrap">
                {duration(i18n.locale, span.durationMs)}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  )
}
