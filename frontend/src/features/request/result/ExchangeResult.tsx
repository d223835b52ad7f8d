// What came of a request: the same for the console, a task's run, and an exchange from the record.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ExchangeDetailsFragment } from '@/gen/graphql'
import { bytes, duration } from '@/i18n/format'
import { tokenSources } from '@/labels/token'
import { CodeBlock, CopyButton, Mono } from '@/ui/Code'
import { Notice } from '@/ui/Notice'
import { Fact, Facts } from '@/ui/Page'
import { Chip } from '@/ui/Status'
import { Outcome } from '@/views/Outcome'
import { AuthFailureNotice } from './AuthFailureNotice'
import { Body } from './Body'
import { Failure } from './Failure'
import { Headers } from './Headers'
import { Steps } from './Steps'

type ExchangeProps = { exchange: ExchangeDetailsFragment }

/** An exchange, all of it. Read from the record it has no values of headers and no bodies, and says so. */
export function ExchangeResult({ exchange }: ExchangeProps) {
  const { outcome } = exchange
  return (
    <div className="flex flex-col gap-5">
      <Summary exchange={exchange} />
      {exchange.replayed && (
        <Notice tone="info">
          <Trans>
            Nothing was sent this time: this is the answer to an earlier call with the same idempotency key.
          </Trans>
        </Notice>
      )}
      {outcome?.__typename === 'HttpResponse' && outcome.authFailure && (
        <AuthFailureNotice failure={outcome.authFailure} />
      )}
      <Failure outcome={outcome} />
      {outcome?.__typename === 'HttpResponse' && (
        <>
          {outcome.body && (
            <Part title={<Trans>Body</Trans>}>
              <Body body={outcome.body} />
            </Part>
          )}
          {outcome.headers ? (
            <Folded title={<Trans>Response headers ({outcome.headers.length})</Trans>}>
              <Headers headers={outcome.headers} />
            </Folded>
          ) : (
            <p className="text-sm text-muted">
              <Trans>The answer’s headers and body are not on the record.</Trans>
            </p>
          )}
        </>
      )}
      {exchange.timings && (
        <Part title={<Trans>Where the time went</Trans>}>
          <div className="-mx-4 border-y border-line">
            <Steps exchange={exchange} />
          </div>
        </Part>
      )}
      <Sent exchange={exchange} />
      <Trail exchange={exchange} />
    </div>
  )
}

function Summary({ exchange: { outcome, timings, token } }: ExchangeProps) {
  const { t, i18n } = useLingui()
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
      <span className="text-lg font-semibold">
        <Outcome outcome={outcome} />
      </span>
      {timings && <span>{duration(i18n.locale, timings.totalMs)}</span>}
      {outcome?.__typename === 'HttpResponse' && <span>{bytes(i18n.locale, outcome.bodySize)}</span>}
      {token && (
        <span className="flex flex-wrap items-center gap-2">
          <span className="text-muted">
            <Trans>Token</Trans>
          </span>
          <Chip tone={tokenSources[token.source].tone}>{i18n._(tokenSources[token.source].label)}</Chip>
          <span title={t`Fingerprint of the token`}>
            <Mono className="text-muted">{token.fingerprint}</Mono>
          </span>
        </span>
      )}
    </div>
  )
}

function Sent({ exchange: { request, curl } }: ExchangeProps) {
  const { t, i18n } = useLingui()
  return (
    <Folded title={<Trans>The request and its curl command</Trans>}>
      <div className="flex flex-col gap-3">
        <div>
          <Mono className="font-semibold">{request.method}</Mono> <Mono>{request.url}</Mono>
        </div>
        {request.headers.length > 0 && <Headers headers={request.headers} />}
        {request.bodySize > 0 && (
          <p className="text-sm text-muted">
            <Trans>Body of {bytes(i18n.locale, request.bodySize)}</Trans>
          </p>
        )}
        <CodeBlock text={curl} label={t`The same request as a command`} />
      </div>
    </Folded>
  )
}

function Trail({ exchange: { correlationId, connectionKey, taskKey, traceId, positions } }: ExchangeProps) {
  const { t } = useLingui()
  const story = `correlation:${correlationId}`
  return (
    <Facts>
      {connectionKey && (
        <Fact name={<Trans>Connection</Trans>}>
          <Link to="/connections/$key" params={{ key: connectionKey }} className="text-accent underline">
            <Mono>{connectionKey}</Mono>
          </Link>
        </Fact>
      )}
      {taskKey && (
        <Fact name={<Trans>Task</Trans>}>
          <Link to="/tasks/$key" params={{ key: taskKey }} className="text-accent underline">
            <Mono>{taskKey}</Mono>
          </Link>
        </Fact>
      )}
      {traceId && (
        <Fact name={<Trans>Trace ID</Trans>}>
          <span className="flex items-center gap-1">
            <Mono>{traceId}</Mono>
            <CopyButton text={traceId} label={t`Copy the trace ID`} />
          </span>
        </Fact>
      )}
      <Fact name={<Trans>Events</Trans>}>
        <span className="flex flex-wrap gap-x-3 gap-y-1">
          {positions.map(position => (
            <Link
              key={position}
              to="/audit"
              search={{ q: story, event: position }}
              className="inline-block min-h-6 min-w-6 text-accent underline"
            >
              <Mono>#{position}</Mono>
            </Link>
          ))}
          <Link to="/audit" search={{ q: story }} className="text-accent underline">
            <Trans>Show them in the audit log</Trans>
          </Link>
        </span>
      </Fact>
    </Facts>
  )
}

function Part({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <h3 className="font-semibold">{title}</h3>
      {children}
    </section>
  )
}

function Folded({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <details className="min-w-0">
      <summary className="min-h-6 font-semibold">{title}</summary>
      <div className="mt-2">{children}</div>
    </details>
  )
}
