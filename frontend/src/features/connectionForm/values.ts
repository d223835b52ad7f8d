// What the form holds: every control's value, most of them texts. Between it and the API's inputs stands input.ts.
import { secondsOf } from '@/api/duration'
import type {
  AudienceSource,
  CredentialPlacement,
  DpopAlgorithm,
  HmacAlgorithm,
  KeyFormat,
  LifetimeUnit,
  ParameterPlacement,
  SigningAlgorithm,
} from '@/gen/enums'
import type { ConnectionFormFragment } from '@/gen/graphql'

/** The ways of *Secret Configuration*, as the input names them. */
export type AuthenticationKind = 'clientSecret' | 'clientSecretJwt' | 'privateKeyJwt' | 'tlsClientAuth' | 'none'

/** The controls of *Secret Configuration*. Those of the kinds that are not chosen keep what was typed. */
export type AuthenticationValues = {
  kind: AuthenticationKind
  /** Key of the stored secret. */
  secret: string | null
  placement: CredentialPlacement
  formEncode: boolean
  clientIdInBody: boolean
  hmacAlgorithm: HmacAlgorithm
  signingAlgorithm: SigningAlgorithm
  keyId: string
  keyFormat: KeyFormat
  audienceSource: AudienceSource | 'TYPED'
  audience: string
  /** Seconds. */
  lifetime: string
  x5t: boolean
  x5tS256: boolean
  selfSigned: boolean
}

/** One additional parameter. */
export type ParameterValues = { name: string; value: string; placement: ParameterPlacement }

/** Empty texts stand for the default. */
export type TokenPolicyValues = {
  cache: boolean
  /** Seconds. */
  refreshSkew: string
  maxRetries: string
  /** Seconds. */
  requestTimeout: string
  /** Numbers with commas between them. */
  expiredStatusCodes: string
  /** Seconds. */
  defaultLifetime: string
}

export type ResponseMappingValues = {
  accessToken: string
  expiresIn: string
  expiresInUnit: LifetimeUnit
  tokenType: string
  scope: string
}

export type ConnectionValues = {
  key: string
  displayName: string
  clientId: string
  /** Where the Access Token URL comes from. */
  endpoint: 'url' | 'issuer'
  accessTokenUrl: string
  issuer: string
  authentication: AuthenticationValues
  parameters: ParameterValues[]
  /** One a line. */
  allowedHosts: string
  baseUrl: string
  tokenPolicy: TokenPolicyValues
  dpop: DpopAlgorithm | ''
  responseMapping: ResponseMappingValues
  /** With commas between them. */
  labels: string
  description: string
}

const noAuthentication: AuthenticationValues = {
  kind: 'clientSecret',
  secret: null,
  placement: 'BASIC_HEADER',
  formEncode: true,
  clientIdInBody: false,
  hmacAlgorithm: 'HS256',
  signingAlgorithm: 'RS256',
  keyId: '',
  keyFormat: 'AUTO',
  audienceSource: 'AUTOMATIC',
  audience: '',
  lifetime: '60',
  x5t: false,
  x5tS256: false,
  selfSigned: false,
}

/** The form of a new connection. */
export const EMPTY: ConnectionValues = {
  key: '',
  displayName: '',
  clientId: '',
  endpoint: 'url',
  accessTokenUrl: '',
  issuer: '',
  authentication: noAuthentication,
  parameters: [],
  allowedHosts: '',
  baseUrl: '',
  tokenPolicy: {
    cache: true,
    refreshSkew: '',
    maxRetries: '',
    requestTimeout: '',
    expiredStatusCodes: '',
    defaultLifetime: '',
  },
  dpop: '',
  responseMapping: { accessToken: '', expiresIn: '', expiresInUnit: 'SECONDS', tokenType: '', scope: '' },
  labels: '',
  description: '',
}

/** The form of a saved connection. */
export function valuesOf(connection: ConnectionFormFragment): ConnectionValues {
  const { tokenPolicy, responseMapping } = connection
  return {
    key: connection.key,
    displayName: connection.displayName,
    clientId: connection.clientId,
    endpoint: connection.issuer === null ? 'url' : 'issuer',
    accessTokenUrl: connection.accessTokenUrl,
    issuer: connection.issuer ?? '',
    authentication: authenticationOf(connection.authentication),
    parameters: connection.parameters.map(({ name, value, placement }) => ({ name, value, placement })),
    allowedHosts: connection.allowedHosts.join('\n'),
    baseUrl: connection.baseUrl ?? '',
    tokenPolicy: {
      cache: tokenPolicy.cache,
      refreshSkew: secondsOf(tokenPolicy.refreshSkew),
      maxRetries: String(tokenPolicy.maxRetries),
      requestTimeout: secondsOf(tokenPolicy.requestTimeout),
      expiredStatusCodes: tokenPolicy.expiredStatusCodes.join(', '),
      defaultLifetime: tokenPolicy.defaultLifetime === null ? '' : secondsOf(tokenPolicy.defaultLifetime),
    },
    dpop: connection.dpop ?? '',
    responseMapping: {
      accessToken: responseMapping?.accessToken ?? '',
      expiresIn: responseMapping?.expiresIn ?? '',
      expiresInUnit: responseMapping?.expiresInUnit ?? 'SECONDS',
      tokenType: responseMapping?.tokenType ?? '',
      scope: responseMapping?.scope ?? '',
    },
    labels: connection.labels.join(', '),
    description: connection.description ?? '',
  }
}

type Authentication = ConnectionFormFragment['authentication']

function authenticationOf(saved: Authentication): AuthenticationValues {
  switch (saved.__typename) {
    case 'ClientSecretAuthentication': {
      const { secretKey, placement, formEncode, clientIdInBody } = saved
      return {
        ...noAuthentication,
        kind: 'clientSecret',
        secret: secretKey,
        placement,
        formEncode,
        clientIdInBody,
      }
    }
    case 'ClientSecretJwtAuthentication':
      return {
        ...noAuthentication,
        ...assertionOf(saved),
        kind: 'clientSecretJwt',
        hmacAlgorithm: saved.hmacAlgorithm,
      }
    case 'PrivateKeyJwtAuthentication': {
      const { signingAlgorithm, keyId, keyFormat, x5t, x5tS256 } = saved
      return {
        ...noAuthentication,
        ...assertionOf(saved),
        kind: 'privateKeyJwt',
        signingAlgorithm,
        keyId: keyId ?? '',
        keyFormat,
        x5t,
        x5tS256,
      }
    }
    case 'TlsClientAuthentication':
      return { ...noAuthentication, kind: 'tlsClientAuth', secret: saved.secretKey, selfSigned: saved.selfSigned }
    case 'PublicClientAuthentication':
      return { ...noAuthentication, kind: 'none' }
  }
}

type Assertion = Extract<Authentication, { lifetime: string }>

function assertionOf({ secretKey, audience, audienceSource, lifetime }: Assertion) {
  return {
    secret: secretKey,
    audienceSource: audience === null ? audienceSource : ('TYPED' as const),
    audience: audience ?? '',
    lifetime: secondsOf(lifetime),
  }
}
