// Where the token may go, and what few connections need: token policy, DPoP, response mapping, labels, description.
import { Trans, useLingui } from '@lingui/react/macro'
import { dpopAlgorithms, lifetimeUnits } from '@/labels/options'
import { Fold } from '@/ui/Fold'
import { Panel } from '@/ui/Page'
import { CheckField, SelectField, TextField } from './FormField'
import { useEnumLabels } from './useEnumLabels'

/** Not folded away: a connection whose token may be sent nowhere is of no use. */
export function DestinationSection() {
  return (
    <Panel title={<Trans>Where its token may be sent</Trans>}>
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          name="allowedHosts"
          label={<Trans>Allowed hosts</Trans>}
          hint={<Trans>One a line: host, host:port or *.domain. Without any, only the base URL’s own.</Trans>}
          rows={3}
          mono
        />
        <TextField
          name="baseUrl"
          label={<Trans>Base URL</Trans>}
          hint={<Trans>What the paths of the forward route start from.</Trans>}
          placeholder="https://"
          inputMode="url"
          mono
        />
      </div>
    </Panel>
  )
}

/** The rest, folded away. */
export function MoreSection() {
  return (
    <Panel title={<Trans>More</Trans>}>
      <div className="flex flex-col gap-3">
        <Fold summary={<Trans>Token policy</Trans>}>
          <TokenPolicyFields />
        </Fold>
        <Fold summary={<Trans>DPoP</Trans>}>
          <DpopField />
        </Fold>
        <Fold summary={<Trans>Response mapping</Trans>}>
          <ResponseMappingFields />
        </Fold>
        <Fold summary={<Trans>Labels and description</Trans>}>
          <TextField name="labels" label={<Trans>Labels</Trans>} hint={<Trans>Separated by commas.</Trans>} />
          <TextField name="description" label={<Trans>Description</Trans>} rows={3} />
        </Fold>
      </div>
    </Panel>
  )
}

function TokenPolicyFields() {
  const { t } = useLingui()
  const whole = { value: /^\s*\d*\s*$/, message: t`Give a whole number.` }
  const seconds = <Trans>Seconds; empty for the default.</Trans>
  return (
    <>
      <CheckField name="tokenPolicy.cache" hint={<Trans>Off: every request fetches a token of its own.</Trans>}>
        <Trans>One token serves more than one request</Trans>
      </CheckField>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="tokenPolicy.requestTimeout"
          label={<Trans>Request timeout</Trans>}
          hint={seconds}
          inputMode="decimal"
        />
        <TextField
          name="tokenPolicy.maxRetries"
          label={<Trans>Retries</Trans>}
          hint={<Trans>After a network failure, 429 or 5xx: 0 to 5; empty for the default.</Trans>}
          inputMode="numeric"
          rules={{ pattern: whole }}
        />
        <TextField
          name="tokenPolicy.refreshSkew"
          label={<Trans>Renewed before it expires</Trans>}
          hint={seconds}
          inputMode="decimal"
        />
        <TextField
          name="tokenPolicy.defaultLifetime"
          label={<Trans>Lifetime when the issuer gives none</Trans>}
          hint={seconds}
          inputMode="decimal"
        />
        <TextField
          name="tokenPolicy.expiredStatusCodes"
          label={<Trans>Statuses that refuse the token</Trans>}
          hint={<Trans>Separated by commas; 401 when empty.</Trans>}
          rules={{ pattern: { value: /^[\d\s,]*$/, message: t`Numbers separated by commas.` } }}
        />
      </div>
    </>
  )
}

function DpopField() {
  const { t } = useLingui()
  return (
    <SelectField
      name="dpop"
      label={<Trans>Bind tokens to a key of Latchkey’s</Trans>}
      hint={<Trans>RFC 9449: a stolen token is of no use without the key.</Trans>}
      options={{ '': t`No`, ...dpopAlgorithms }}
    />
  )
}

function ResponseMappingFields() {
  return (
    <>
      <p className="text-sm text-muted">
        <Trans>
          For a token endpoint that does not answer as RFC 6749 says: where each part stands, as a JSON pointer such as
          /data/token.
        </Trans>
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="responseMapping.accessToken"
          label={<Trans>Access token</Trans>}
          placeholder="/access_token"
          mono
        />
        <TextField name="responseMapping.tokenType" label={<Trans>Token type</Trans>} placeholder="/token_type" mono />
        <TextField name="responseMapping.expiresIn" label={<Trans>Lifetime</Trans>} placeholder="/expires_in" mono />
        <SelectField
          name="responseMapping.expiresInUnit"
          label={<Trans>The lifetime is in</Trans>}
          options={useEnumLabels(lifetimeUnits)}
        />
        <TextField name="responseMapping.scope" label={<Trans>Scope</Trans>} placeholder="/scope" mono />
      </div>
    </>
  )
}
