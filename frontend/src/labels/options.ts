import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
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

/** Where a client secret travels. The names of OAuth stay: people look for them in the issuer's manual. */
export const credentialPlacements: Record<CredentialPlacement, MessageDescriptor> = {
  BASIC_HEADER: msg`Authorization header (client_secret_basic)`,
  REQUEST_BODY: msg`Body (client_secret_post)`,
}

/** Which of the usual values the audience of an assertion has. */
export const audienceSources: Record<AudienceSource, MessageDescriptor> = {
  AUTOMATIC: msg`Automatic: the issuer if known, else the Access Token URL`,
  ISSUER: msg`The issuer`,
  TOKEN_ENDPOINT: msg`The Access Token URL`,
}

/** How a private key is written. */
export const keyFormats: Record<KeyFormat, MessageDescriptor> = {
  AUTO: msg`Recognised automatically`,
  PKCS8_PEM: msg`PKCS#8 (PEM)`,
  PKCS1_PEM: msg`PKCS#1 (PEM, RSA)`,
  SEC1_PEM: msg`SEC1 (PEM, EC)`,
  JWK: msg`JSON Web Key`,
}

/** Where a parameter of the token request travels. */
export const parameterPlacements: Record<ParameterPlacement, MessageDescriptor> = {
  BODY: msg`Body`,
  QUERY: msg`Query`,
  HEADER: msg`Header`,
}

/** What a lifetime is counted in. */
export const lifetimeUnits: Record<LifetimeUnit, MessageDescriptor> = {
  SECONDS: msg`Seconds`,
  MILLISECONDS: msg`Milliseconds`,
}

/** Algorithms by their JWS names, which need no translation. */
export const hmacAlgorithms: Record<HmacAlgorithm, string> = { HS256: 'HS256', HS384: 'HS384', HS512: 'HS512' }

/** Those for private keys. */
export const signingAlgorithms: Record<SigningAlgorithm, string> = {
  RS256: 'RS256',
  RS384: 'RS384',
  RS512: 'RS512',
  PS256: 'PS256',
  PS384: 'PS384',
  PS512: 'PS512',
  ES256: 'ES256',
  ES384: 'ES384',
  ES512: 'ES512',
  EDDSA: 'EdDSA',
}

/** Those for DPoP proofs. */
export const dpopAlgorithms: Record<DpopAlgorithm, string> = { ES256: 'ES256', ES384: 'ES384', EDDSA: 'EdDSA' }
