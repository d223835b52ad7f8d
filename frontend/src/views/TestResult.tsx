// What came of a test of a connection: each step on the way to a token, and what to do where it ended.
import { Trans, useLingui } from '@lingui/react/macro'
import { Check, Minus, TriangleAlert, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { TestResultFragment } from '@/gen/graphql'
import { duration } from '@/i18n/format'
import { failureReasons, phases } from '@/labels/failure'
import { stepStatuses } from '@/labels/stepStatus'
import { Mono } from '@/ui/Code'
import { classes } from '@/ui/classes'
import { Notice } from '@/ui/Notice'
import { Fact, Facts } from '@/ui/Page'
import type { Tone } from '@/ui/Status'
import { Time } from '@/ui/Time'

const signs = { PASSED: Check, WARNED: TriangleAlert, FAILED: X, SKIPPED: Minus }
const inks: Record<Tone, string> = {
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  idle: 'text-idle',
}

type TestResultProps = {
  test: TestResultFragment
  /** Leads to the field of the connection's input that the remedy names. */
  toField?: (field: string) => ReactNode
}

/** A test with all it found. */
export function TestResult({ test, toField }: TestResultProps) {
  const { i18n } = useLingui()
  const total = duration(
    i18n.locale,
    test.steps.reduce((sum, step) => sum + step.durationMs, 0),
  )
  return (
    <div className="flex flex-col gap-4">
      <Notice tone={test.ok ? 'ok' : 'bad'}>
        <strong className="font-semibold">
          {test.ok ? (
            <Trans>A token was issued</Trans>
          ) : test.failure ? (
            <Trans>No token: {i18n._(failureReasons[test.failure.reason])}</Trans>
          ) : (
            <Trans>No token</Trans>
          )}
        </strong>
        <span className="ms-2 text-muted">
          {total} · <Time at={test.at} exact="clock" />
        </span>
        {test.failure && <Remedy failure={test.failure} toField={toField} />}
      </Notice>
      <Steps steps={test.steps} />
      {test.failure && <Answer failure={test.failure} />}
      {test.token && <Token token={test.token} />}
    </div>
  )
}

type Failure = NonNullable<TestResultFragment['failure']>

function Remedy({ failure: { message, remedy }, toField }: { failure: Failure; toField: TestResultProps['toField'] }) {
  return (
    <div className="mt-1 flex flex-col items-start gap-1.5">
      <p>{message}</p>
      <p>{remedy.summary}</p>
      {remedy.field && toField?.(remedy.field)}
    </div>
  )
}

function Steps({ steps }: { steps: TestResultFragment['steps'] }) {
  const { i18n, t } = useLingui()
  return (
    <ol aria-label={t`Steps`} className="flex flex-col">
      {steps.map(({ phase, status, detail, durationMs }) => {
        const { label, tone } = stepStatuses[status]
        const Sign = signs[status]
        return (
          <li
            key={phase}
            className="grid grid-cols-[1rem_1fr_auto] gap-x-3 border-b border-line py-2 last:border-0 last:pb-0"
          >
            <Sign aria-hidden className={classes('mt-0.5 size-4', inks[tone])} />
            <div className="min-w-0">
              <span className="font-medium">{i18n._(phases[phase])}</span>{' '}
              <span className={classes('text-sm', inks[tone])}>{i18n._(label)}</span>
              <p className="text-sm break-words text-muted">{detail}</p>
            </div>
            {status !== 'SKIPPED' && <span className="text-sm text-muted">{duration(i18n.locale, durationMs)}</span>}
          </li>
        )
      })}
    </ol>
  )
}

/** The issuer's own words. They come from a stranger: plain text, and no link. */
function Answer({ failure: { oauthError, excerpt, httpStatus } }: { failure: Failure }) {
  if (!oauthError && !excerpt && httpStatus === null) return null
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">
        <Trans>The issuer’s answer</Trans>
      </h3>
      <Facts>
        {httpStatus !== null && (
          <Fact name={<Trans>HTTP status</Trans>}>
            <Mono>{httpStatus}</Mono>
          </Fact>
        )}
        {oauthError && (
          <Fact name={<Trans>OAuth error</Trans>}>
            <Mono>{oauthError.error}</Mono>
            {oauthError.errorDescription && <p>{oauthError.errorDescription}</p>}
            {oauthError.errorUri && <Mono className="text-muted">{oauthError.errorUri}</Mono>}
          </Fact>
        )}
        {excerpt && (
          <Fact name={<Trans>First words</Trans>}>
            <Mono>{excerpt}</Mono>
          </Fact>
        )}
      </Facts>
    </section>
  )
}

function Token({ token }: { token: NonNullable<TestResultFragment['token']> }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">
        <Trans>The token, which was thrown away</Trans>
      </h3>
      <Facts>
        <Fact name={<Trans>Type</Trans>}>{token.tokenType}</Fact>
        {token.scope && (
          <Fact name={<Trans>Scope</Trans>}>
            <Mono>{token.scope}</Mono>
          </Fact>
        )}
        <Fact name={<Trans>Expires</Trans>}>
          <Time at={token.expiresAt} exact="dateTime" />
        </Fact>
        <Fact name={<Trans>Fingerprint</Trans>}>
          <Mono>{token.fingerprint}</Mono>
        </Fact>
      </Facts>
    </section>
  )
}
