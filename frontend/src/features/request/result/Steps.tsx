// The attempts waterfall.
import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import type { ExchangeTimelineFragment } from '@/gen/graphql'
import { statusText, statusTone } from '@/labels/httpStatus'
import { tokenSources } from '@/labels/token'
import { type Span, Waterfall } from '@/ui/Waterfall'
import { type Step, timeline } from './timeline'

/** Where the time of an exchange went, each attempt on a line of its own. */
export function Steps({ exchange }: { exchange: ExchangeTimelineFragment }) {
  const { t, i18n } = useLingui()
  const source = exchange.token && i18n._(tokenSources[exchange.token.source].label)
  const spans = timeline(exchange).map(step => spanOf(step, source))
  if (!exchange.timings) return null
  return <Waterfall label={t`Where the time went`} spans={spans} totalMs={exchange.timings.totalMs} />
}

function spanOf(step: Step, tokenSource: string | null): Span {
  const { startMs, durationMs } = step
  const span = (label: ReactNode, tone: Span['tone'], more?: Partial<Span>): Span => ({
    key: step.kind,
    label,
    tone,
    startMs,
    durationMs,
    ...more,
  })
  switch (step.kind) {
    case 'queued':
      return span(<Trans>Recorded, then sent</Trans>, 'idle')
    case 'token':
      return span(<Trans>Token</Trans>, tokenSource === null ? 'bad' : 'info', { note: tokenSource })
    case 'dns':
      return span(<Trans>Address looked up</Trans>, 'info', { part: true })
    case 'firstByte':
      return span(<Trans>First byte</Trans>, 'info', { part: true })
    case 'total':
      return span(<Trans>Total</Trans>, 'idle')
    case 'attempt': {
      const { number, status, reason } = step.attempt
      return span(<Trans>Attempt {number}</Trans>, status === null ? 'bad' : statusTone(status), {
        key: `attempt ${number}`,
        note: [status !== null && statusText(status), reason].filter(Boolean).join(' · '),
      })
    }
  }
}
