// How an exchange ended, in a word.
import { Trans, useLingui } from '@lingui/react/macro'
import type { ExchangeOutcomeFragment } from '@/gen/graphql'
import { failureReasons } from '@/labels/failure'
import { statusText, statusTone } from '@/labels/httpStatus'
import { Status } from '@/ui/Status'

/** The status of the answer with its word, or why there was none. */
export function Outcome({ outcome }: { outcome: ExchangeOutcomeFragment['outcome'] }) {
  const { i18n } = useLingui()
  if (!outcome)
    return (
      <Status tone="idle">
        <Trans>Under way</Trans>
      </Status>
    )
  switch (outcome.__typename) {
    case 'HttpResponse':
      return (
        <Status tone={outcome.authFailure ? 'bad' : statusTone(outcome.status)}>
          {statusText(outcome.status)}
          {outcome.authFailure && (
            <span className="text-muted">{i18n._(failureReasons[outcome.authFailure.reason])}</span>
          )}
        </Status>
      )
    case 'AuthFailure':
      return (
        <Status tone="bad">
          <Trans>No token: {i18n._(failureReasons[outcome.reason])}</Trans>
        </Status>
      )
    case 'TransportFailure':
      return (
        <Status tone="bad">
          <Trans>No answer: {i18n._(failureReasons[outcome.reason])}</Trans>
        </Status>
      )
    case 'OutcomeUnknown':
      return (
        <Status tone="warn">
          <Trans>Outcome unknown</Trans>
        </Status>
      )
  }
}
