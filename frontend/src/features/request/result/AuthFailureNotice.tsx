// Why there was no token, or why the API took none, and what to do about it.
import { Trans, useLingui } from '@lingui/react/macro'
import type { AuthFailureDetailsFragment } from '@/gen/graphql'
import { failureReasons, phases } from '@/labels/failure'
import { statusText } from '@/labels/httpStatus'
import { ButtonLink } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Notice } from '@/ui/Notice'
import { Fact, Facts } from '@/ui/Page'

/** An auth failure with its phase, the issuer's own words, the remedy, and the way to the field to look at. */
export function AuthFailureNotice({ failure }: { failure: AuthFailureDetailsFragment }) {
  const { i18n } = useLingui()
  const { oauthError, remedy, connectionKey, httpStatus } = failure
  return (
    <Notice tone="bad">
      <div className="flex flex-col gap-3">
        <p className="font-medium">{failure.message}</p>
        <Facts>
          <Fact name={<Trans>Phase</Trans>}>{i18n._(phases[failure.phase])}</Fact>
          <Fact name={<Trans>Reason</Trans>}>{i18n._(failureReasons[failure.reason])}</Fact>
          {httpStatus !== null && <Fact name={<Trans>Status</Trans>}>{statusText(httpStatus)}</Fact>}
          {oauthError && (
            <Fact name={<Trans>OAuth error</Trans>}>
              {/* The issuer's words, and a stranger's address: text, never a link. */}
              <Mono>{oauthError.error}</Mono>
              {oauthError.errorDescription && <div>{oauthError.errorDescription}</div>}
              {oauthError.errorUri && <Mono className="text-muted">{oauthError.errorUri}</Mono>}
            </Fact>
          )}
          {failure.excerpt && (
            <Fact name={<Trans>Answer</Trans>}>
              <Mono className="whitespace-pre-wrap">{failure.excerpt}</Mono>
            </Fact>
          )}
          <Fact name={<Trans>Remedy</Trans>}>{remedy.summary}</Fact>
        </Facts>
        <div className="flex flex-wrap items-center gap-3">
          {connectionKey && (
            <ButtonLink
              to="/connections/$key/configuration"
              params={{ key: connectionKey }}
              search={remedy.field ? { field: remedy.field } : {}}
              className="max-sm:whitespace-normal"
            >
              {remedy.field ? <Trans>Open the connection at this field</Trans> : <Trans>Open the connection</Trans>}
            </ButtonLink>
          )}
          <span className="text-sm text-muted">
            {failure.retryable ? (
              <Trans>The same request may succeed later with nothing changed.</Trans>
            ) : (
              <Trans>It will fail again until something is changed.</Trans>
            )}
          </span>
        </div>
      </div>
    </Notice>
  )
}
