// *Secret Configuration*: how the client proves who it is.
import { Trans, useLingui } from '@lingui/react/macro'
import { useWatch } from 'react-hook-form'
import { authentications } from '@/labels/authentication'
import { audienceSources, credentialPlacements, hmacAlgorithms, keyFormats, signingAlgorithms } from '@/labels/options'
import { Fold } from '@/ui/Fold'
import { Panel } from '@/ui/Page'
import { CheckField, SelectField, TextField, useValues } from './FormField'
import { SecretField } from './SecretField'
import { useEnumLabels } from './useEnumLabels'
import type { AuthenticationKind } from './values'

const names: Record<AuthenticationKind, string> = {
  clientSecret: 'ClientSecretAuthentication',
  clientSecretJwt: 'ClientSecretJwtAuthentication',
  privateKeyJwt: 'PrivateKeyJwtAuthentication',
  tlsClientAuth: 'TlsClientAuthentication',
  none: 'PublicClientAuthentication',
}

/** The kind, and what it needs. What is rarely needed is folded away. */
export function AuthenticationSection() {
  const { control } = useValues()
  const kind = useWatch({ control, name: 'authentication.kind' })
  const labels = useEnumLabels(authentications)
  const options = Object.fromEntries(Object.entries(names).map(([value, name]) => [value, labels[name] ?? value]))
  return (
    <Panel title={<Trans>Secret Configuration</Trans>}>
      <div className="flex flex-col gap-5">
        <div className="grid gap-5 sm:grid-cols-2">
          <SelectField name="authentication.kind" label={<Trans>Method</Trans>} options={options} />
          <Algorithm kind={kind} />
        </div>
        {kind === 'none' ? (
          <p className="text-muted">
            <Trans>The client only says who it is, with its Client ID: it has no secret to keep.</Trans>
          </p>
        ) : (
          <SecretField kind={kind} kindLabel={options[kind] ?? ''} />
        )}
        {kind === 'tlsClientAuth' && (
          <CheckField
            name="authentication.selfSigned"
            hint={<Trans>The issuer knows the certificate itself rather than who signed it.</Trans>}
          >
            <Trans>Self-signed certificate</Trans>
          </CheckField>
        )}
        <Advanced kind={kind} />
      </div>
    </Panel>
  )
}

function Algorithm({ kind }: { kind: AuthenticationKind }) {
  const label = <Trans>Signing algorithm</Trans>
  if (kind === 'clientSecretJwt') {
    return <SelectField name="authentication.hmacAlgorithm" label={label} options={hmacAlgorithms} />
  }
  if (kind === 'privateKeyJwt') {
    return <SelectField name="authentication.signingAlgorithm" label={label} options={signingAlgorithms} />
  }
  return null
}

function Advanced({ kind }: { kind: AuthenticationKind }) {
  if (kind === 'none' || kind === 'tlsClientAuth') return null
  return (
    <Fold summary={<Trans>Advanced</Trans>}>
      {kind === 'clientSecret' && <ClientSecretDetails />}
      {kind === 'privateKeyJwt' && <KeyDetails />}
      {kind !== 'clientSecret' && <AssertionDetails />}
    </Fold>
  )
}

function ClientSecretDetails() {
  return (
    <>
      <SelectField
        name="authentication.placement"
        label={<Trans>Where the secret travels</Trans>}
        options={useEnumLabels(credentialPlacements)}
      />
      <CheckField
        name="authentication.formEncode"
        hint={<Trans>As RFC 6749 says. Switch it off for servers that don’t decode them.</Trans>}
      >
        <Trans>Form-encode Client ID and secret in the header</Trans>
      </CheckField>
      <CheckField name="authentication.clientIdInBody">
        <Trans>Client ID in the body as well</Trans>
      </CheckField>
    </>
  )
}

function KeyDetails() {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="authentication.keyId"
          label={<Trans>Key ID</Trans>}
          hint={<Trans>“kid” in the assertion’s header.</Trans>}
          mono
        />
        <SelectField
          name="authentication.keyFormat"
          label={<Trans>Format of the stored key</Trans>}
          options={useEnumLabels(keyFormats)}
        />
      </div>
      <CheckField
        name="authentication.x5t"
        hint={
          <Trans>The certificate’s SHA-1 thumbprint; Entra ID needs it. The secret then holds the certificate.</Trans>
        }
      >
        <Trans>“x5t” in the assertion’s header</Trans>
      </CheckField>
      <CheckField
        name="authentication.x5tS256"
        hint={<Trans>The certificate’s SHA-256 thumbprint. The secret then holds the certificate.</Trans>}
      >
        <Trans>“x5t#S256” in the assertion’s header</Trans>
      </CheckField>
    </>
  )
}

function AssertionDetails() {
  const { t } = useLingui()
  const { control } = useValues()
  const source = useWatch({ control, name: 'authentication.audienceSource' })
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        name="authentication.audienceSource"
        label={<Trans>Audience of the assertion</Trans>}
        options={{ ...useEnumLabels(audienceSources), TYPED: t`Another` }}
      />
      {source === 'TYPED' && <TextField name="authentication.audience" label={<Trans>Audience</Trans>} mono required />}
      <TextField
        name="authentication.lifetime"
        label={<Trans>Lifetime of an assertion</Trans>}
        hint={<Trans>Seconds; 60 when empty.</Trans>}
        inputMode="decimal"
      />
    </div>
  )
}
