// From the form to the API: everything for a new connection, only what was changed for a saved one.
import { durationOf } from '@/api/duration'
import type { DpopAlgorithm } from '@/gen/enums'
import type {
  ClientAuthenticationInput,
  CreateConnectionInput,
  ParameterInput,
  ResponseMappingInput,
  TokenPolicyInput,
  UpdateConnectionInput,
} from '@/gen/graphql'
import type { AuthenticationValues, ConnectionValues, ResponseMappingValues, TokenPolicyValues } from './values'

/** What a connection is, with null wherever there is nothing. */
type Definition = {
  displayName: string
  clientId: string
  authentication: ClientAuthenticationInput
  parameters: ParameterInput[]
  tokenPolicy: Required<TokenPolicyInput>
  allowedHosts: string[]
  baseUrl: string | null
  dpop: DpopAlgorithm | null
  responseMapping: ResponseMappingInput | null
  labels: string[]
  description: string | null
}

/** The whole input of a connection that does not exist yet; nothing that is empty is in it. */
export function createInput(values: ConnectionValues): CreateConnectionInput {
  const { tokenPolicy, ...definition } = definitionOf(values)
  const policy: TokenPolicyInput = withoutEmpty({ ...tokenPolicy, cache: tokenPolicy.cache ? null : false })
  return {
    key: values.key.trim(),
    ...endpointOf(values),
    ...withoutEmpty(definition),
    // These are needed, so that their absence is complained of at their fields.
    displayName: definition.displayName,
    clientId: definition.clientId,
    authentication: definition.authentication,
    ...(Object.keys(policy).length > 0 && { tokenPolicy: policy }),
  }
}

/** Only what is no longer as it was: an input that changes nothing is `{}`. */
export function changedInput(
  before: ConnectionValues,
  now: ConnectionValues,
): Omit<UpdateConnectionInput, 'key' | 'expectedVersion'> {
  const [old, current] = [definitionOf(before), definitionOf(now)]
  const { tokenPolicy, ...changed } = changes(old, current)
  const policy = tokenPolicy && changes(old.tokenPolicy, current.tokenPolicy)
  return { ...changed, ...changedEndpoint(before, now), ...(policy && { tokenPolicy: policy }) }
}

/** Rows of parameters that say something. */
export function filledParameters(values: Pick<ConnectionValues, 'parameters'>) {
  return values.parameters.filter(({ name, value }) => name.trim() !== '' || value !== '')
}

/** The names between commas, or one a line. */
function listOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map(part => part.trim())
    .filter(part => part !== '')
}

function definitionOf(values: ConnectionValues): Definition {
  return {
    displayName: values.displayName.trim(),
    clientId: values.clientId.trim(),
    authentication: authenticationInput(values.authentication),
    parameters: filledParameters(values).map(({ name, value, placement }) => ({ name: name.trim(), value, placement })),
    tokenPolicy: policyInput(values.tokenPolicy),
    allowedHosts: listOf(values.allowedHosts),
    baseUrl: values.baseUrl.trim() || null,
    dpop: values.dpop || null,
    responseMapping: mappingInput(values.responseMapping),
    labels: listOf(values.labels),
    description: values.description.trim() || null,
  }
}

function endpointOf({ endpoint, accessTokenUrl, issuer }: ConnectionValues) {
  return endpoint === 'issuer' ? { issuer: issuer.trim() } : { accessTokenUrl: accessTokenUrl.trim() }
}

/** An unchanged Access Token URL that is sent makes the connection forget its issuer, so only a change is. */
function changedEndpoint(before: ConnectionValues, now: ConnectionValues) {
  const [url, issuer] = [now.accessTokenUrl.trim(), now.issuer.trim()]
  if (now.endpoint === 'issuer') {
    return before.endpoint === 'issuer' && before.issuer === issuer ? {} : { issuer }
  }
  if (url !== before.accessTokenUrl) return { accessTokenUrl: url }
  // The URL stays, and no issuer stands behind it any more.
  return before.endpoint === 'issuer' ? { issuer: null } : {}
}

function authenticationInput(values: AuthenticationValues): ClientAuthenticationInput {
  const secret = values.secret?.trim() ?? ''
  const assertion = () => ({
    secret,
    lifetime: durationOf(values.lifetime),
    ...(values.audienceSource === 'TYPED'
      ? { audience: values.audience.trim(), audienceSource: 'AUTOMATIC' as const }
      : { audience: null, audienceSource: values.audienceSource }),
  })
  switch (values.kind) {
    case 'clientSecret': {
      const { placement, formEncode, clientIdInBody } = values
      return { clientSecret: { secret, placement, formEncode, clientIdInBody } }
    }
    case 'clientSecretJwt':
      return { clientSecretJwt: { ...assertion(), signingAlgorithm: values.hmacAlgorithm } }
    case 'privateKeyJwt': {
      const { signingAlgorithm, keyId, keyFormat, x5t, x5tS256 } = values
      return {
        privateKeyJwt: { ...assertion(), signingAlgorithm, keyId: keyId.trim() || null, keyFormat, x5t, x5tS256 },
      }
    }
    case 'tlsClientAuth':
      return { tlsClientAuth: { secret, selfSigned: values.selfSigned } }
    case 'none':
      return { none: true }
  }
}

function policyInput(values: TokenPolicyValues): Required<TokenPolicyInput> {
  const statuses = listOf(values.expiredStatusCodes).map(Number)
  return {
    cache: values.cache,
    refreshSkew: durationOf(values.refreshSkew),
    maxRetries: values.maxRetries.trim() === '' ? null : Number(values.maxRetries),
    requestTimeout: durationOf(values.requestTimeout),
    expiredStatusCodes: statuses.length > 0 ? statuses : null,
    defaultLifetime: durationOf(values.defaultLifetime),
  }
}

function mappingInput(values: ResponseMappingValues): ResponseMappingInput | null {
  const pointer = (text: string) => text.trim() || null
  const pointers = {
    accessToken: pointer(values.accessToken),
    expiresIn: pointer(values.expiresIn),
    tokenType: pointer(values.tokenType),
    scope: pointer(values.scope),
  }
  const plain = Object.values(pointers).every(text => text === null) && values.expiresInUnit === 'SECONDS'
  return plain ? null : { ...pointers, expiresInUnit: values.expiresInUnit }
}

function withoutEmpty<T extends object>(values: T): Partial<T> {
  const filled = Object.entries(values).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(filled) as Partial<T>
}

/** The members of `now` that are not as in `before`. */
function changes<T extends object>(before: T, now: T): Partial<T> {
  const changed = Object.entries(now).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof T]),
  )
  return Object.fromEntries(changed) as Partial<T>
}
