// What an issuer says about itself, held against what is chosen in the form.
import { Trans } from '@lingui/react/macro'
import { useWatch } from 'react-hook-form'
import type { DiscoveredMetadataFragment } from '@/gen/graphql'
import { Mono } from '@/ui/Code'
import { Notice } from '@/ui/Notice'
import { Fact, Facts } from '@/ui/Page'
import { Chip } from '@/ui/Status'
import { useValues } from './FormField'
import type { AuthenticationValues } from './values'

/** The metadata, with a warning where the issuer does not list what the form has chosen. */
export function Discovered({ metadata }: { metadata: DiscoveredMetadataFragment }) {
  const { control } = useValues()
  const authentication = useWatch({ control, name: 'authentication' })
  const method = methodOf(authentication)
  const methods = metadata.tokenEndpointAuthMethodsSupported
  const algorithms = metadata.tokenEndpointAuthSigningAlgValuesSupported
  return (
    <div className="flex flex-col gap-3 rounded-md border border-line bg-sunken p-3">
      <Facts>
        <Fact name={<Trans>Access Token URL</Trans>}>
          <Mono>{metadata.tokenEndpoint}</Mono>
        </Fact>
        {metadata.mtlsTokenEndpoint && (
          <Fact name={<Trans>With a client certificate</Trans>}>
            <Mono>{metadata.mtlsTokenEndpoint}</Mono>
          </Fact>
        )}
        {methods && (
          <Fact name={<Trans>Methods</Trans>}>
            <Chips values={methods} chosen={method} />
          </Fact>
        )}
        {algorithms && (
          <Fact name={<Trans>Signing algorithms</Trans>}>
            <Chips values={algorithms} chosen={algorithmOf(authentication)} />
          </Fact>
        )}
        {metadata.dpopSigningAlgValuesSupported && (
          <Fact name={<Trans>DPoP algorithms</Trans>}>
            <Chips values={metadata.dpopSigningAlgValuesSupported} chosen={null} />
          </Fact>
        )}
      </Facts>
      {methods && !methods.includes(method) && (
        <Notice tone="warn">
          <Trans>
            The issuer does not list the method that is chosen below: <Mono>{method}</Mono>
          </Trans>
        </Notice>
      )}
      {metadata.warnings.map(warning => (
        <Notice key={warning} tone="warn">
          {warning}
        </Notice>
      ))}
    </div>
  )
}

function Chips({ values, chosen }: { values: readonly string[]; chosen: string | null }) {
  return (
    <span className="flex flex-wrap gap-1">
      {values.map(value => (
        <Chip key={value} tone={value === chosen ? 'ok' : 'idle'}>
          {value}
          {value === chosen && (
            <span className="font-normal">
              <Trans>· chosen</Trans>
            </span>
          )}
        </Chip>
      ))}
    </span>
  )
}

/** The method's name in the registry of OAuth (RFC 7591 section 2, RFC 8705). */
function methodOf({ kind, placement, selfSigned }: AuthenticationValues): string {
  switch (kind) {
    case 'clientSecret':
      return placement === 'BASIC_HEADER' ? 'client_secret_basic' : 'client_secret_post'
    case 'clientSecretJwt':
      return 'client_secret_jwt'
    case 'privateKeyJwt':
      return 'private_key_jwt'
    case 'tlsClientAuth':
      return selfSigned ? 'self_signed_tls_client_auth' : 'tls_client_auth'
    case 'none':
      return 'none'
  }
}

function algorithmOf({ kind, hmacAlgorithm, signingAlgorithm }: AuthenticationValues): string | null {
  if (kind === 'clientSecretJwt') return hmacAlgorithm
  if (kind !== 'privateKeyJwt') return null
  return signingAlgorithm === 'EDDSA' ? 'EdDSA' : signingAlgorithm
}
