import { Trans, useLingui } from '@lingui/react/macro'
import type { ExchangeDetailsFragment } from '@/gen/graphql'
import { phases } from '@/labels/failure'
import { Notice } from '@/ui/Notice'
import { AuthFailureNotice } from './AuthFailureNotice'

/** Why an exchange ended without an answer; nothing when it has one. */
export function Failure({ outcome }: { outcome: ExchangeDetailsFragment['outcome'] }) {
  const { i18n } = useLingui()
  switch (outcome?.__typename) {
    case 'AuthFailure':
      return <AuthFailureNotice failure={outcome} />
    case 'TransportFailure': {
      const phase = i18n._(phases[outcome.phase])
      return (
        <Notice tone="bad">
          <p className="font-medium">{outcome.message}</p>
          <p className="text-sm text-muted">
            {outcome.retryable ? (
              <Trans>Phase: {phase}. The same request may succeed later with nothing changed.</Trans>
            ) : (
              <Trans>Phase: {phase}.</Trans>
            )}
          </p>
        </Notice>
      )
    }
    case 'OutcomeUnknown':
      return (
        <Notice tone="warn">
          <p className="font-medium">
            <Trans>Nobody knows whether the API did what was asked: look there before you send it again.</Trans>
          </p>
          <p className="text-sm text-muted">{outcome.unknownReason}</p>
        </Notice>
      )
    default:
      return null
  }
}
