// The form's fields by the names that the server has for them.
import type { FieldPath } from 'react-hook-form'
import { filledParameters } from './input'
import type { ConnectionValues } from './values'

/** The name of a field in the form. */
export type FieldName = FieldPath<ConnectionValues>

const kinds = /^authentication\.(clientSecret|clientSecretJwt|privateKeyJwt|tlsClientAuth)\b/
const known: ReadonlySet<string> = new Set([
  'key',
  'displayName',
  'clientId',
  'accessTokenUrl',
  'issuer',
  'baseUrl',
  'dpop',
  'description',
])
const ofAuthentication: ReadonlySet<string> = new Set([
  'secret',
  'placement',
  'formEncode',
  'clientIdInBody',
  'signingAlgorithm',
  'keyId',
  'keyFormat',
  'audience',
  'audienceSource',
  'lifetime',
  'x5t',
  'x5tS256',
  'selfSigned',
])
const ofPolicy: ReadonlySet<string> = new Set([
  'cache',
  'refreshSkew',
  'maxRetries',
  'requestTimeout',
  'expiredStatusCodes',
  'defaultLifetime',
])
const ofMapping: ReadonlySet<string> = new Set(['accessToken', 'expiresIn', 'expiresInUnit', 'tokenType', 'scope'])

/**
 * The form's field for a path of the input, as `userErrors` and a failure's remedy name it; null when the form has none.
 * `values` is what the input was made from: empty rows of parameters are not in it.
 */
export function fieldOf(path: string, values: ConnectionValues): FieldName | null {
  const inner = path.replace(/^(input\.)?(draft\.)?/, '')
  const [first = '', second = '', third] = inner.split('.')
  if (first === 'authentication') return authenticationField(inner, values)
  if (first === 'parameters') return parameterField(second, third, values)
  // One control holds all of them.
  if (first === 'allowedHosts' || first === 'labels') return first
  if (first === 'tokenPolicy') return `tokenPolicy.${ofPolicy.has(second) ? second : 'cache'}` as FieldName
  if (first === 'responseMapping')
    return `responseMapping.${ofMapping.has(second) ? second : 'accessToken'}` as FieldName
  // What is asked for may stand in the other one.
  if (first === 'accessTokenUrl' && values.endpoint === 'issuer') return 'issuer'
  return known.has(first) ? (first as FieldName) : null
}

function authenticationField(path: string, values: ConnectionValues): FieldName {
  const { kind } = values.authentication
  const name = path.replace(kinds, 'authentication').split('.')[1] ?? 'secret'
  if (name === 'signingAlgorithm' && kind === 'clientSecretJwt') return 'authentication.hmacAlgorithm'
  // A public client has no secret: who it is, is all that can be wrong.
  if (kind === 'none') return name === 'secret' ? 'clientId' : 'authentication.kind'
  return ofAuthentication.has(name) ? (`authentication.${name}` as FieldName) : 'authentication.secret'
}

function parameterField(index: string, name: string | undefined, values: ConnectionValues): FieldName {
  const row = filledParameters(values)[Number(index)]
  const place = row ? values.parameters.indexOf(row) : -1
  if (index === '' || place === -1) return 'parameters'
  return `parameters.${place}.${name === 'value' || name === 'placement' ? name : 'name'}`
}
