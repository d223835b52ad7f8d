// What the provider offers: every method of client authentication that it has, tokens of each form, DPoP and mutual TLS.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';

import { certificateOf, isAuthorized, subjectMatches } from './certificates.mjs';

// What a token can be asked for, by the parameter `resource` (RFC 8707). Each has its own form of token.
const RESOURCES = {
  'urn:example:orders': { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } },
  'urn:example:stock': { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
  'urn:example:opaque': { accessTokenFormat: 'opaque' },
};
const DEFAULT_RESOURCE = 'urn:example:orders';
const SCOPES = 'orders:read orders:write';
const LIFETIME_SECONDS = 300;

const SIZES = ['256', '384', '512'];
const ASYMMETRIC = ['RS', 'PS', 'ES'].flatMap((kind) => SIZES.map((size) => kind + size)).concat('EdDSA', 'Ed25519');
const SYMMETRIC = SIZES.map((size) => `HS${size}`);

const jwk = (alg, kty, options) => ({ ...generateKeyPairSync(kty, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig' });
const keys = [jwk('RS256', 'rsa', { modulusLength: 2048 }), jwk('ES256', 'ec', { namedCurve: 'P-256' })];

async function getResourceServerInfo(_, resource) {
  // Imported late: the caller silences the warnings of loading it first.
  const { errors } = await import('oidc-provider');
  if (!Object.hasOwn(RESOURCES, resource)) {
    throw new errors.InvalidTarget();
  }
  return { scope: SCOPES, audience: resource, ...RESOURCES[resource] };
}

/** The metadata of a client as the provider takes it. */
export function client({ certificate, ...metadata }) {
  const base = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
  if (!certificate) {
    return { ...base, ...metadata };
  }
  const { publicKey, raw } = new X509Certificate(certificate);
  const key = { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] };
  return { ...base, ...metadata, jwks: { keys: [key] } };
}

export function configuration({ requireNonce, nonceSecret }) {
  return {
    jwks: { keys },
    scopes: SCOPES.split(' '),
    ttl: { ClientCredentials: () => LIFETIME_SECONDS },
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ],
    enabledJWA: { clientAuthSigningAlgValues: [...SYMMETRIC, ...ASYMMETRIC], dPoPSigningAlgValues: ASYMMETRIC },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      resourceIndicators: { enabled: true, defaultResource: () => DEFAULT_RESOURCE, getResourceServerInfo },
      dPoP: { enabled: true, nonceSecret, requireNonce: () => requireNonce },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        tlsClientAuth: true,
        getCertificate: (ctx) => certificateOf(ctx.socket),
        certificateAuthorized: (ctx) => isAuthorized(ctx.socket),
        certificateSubjectMatches: (ctx, property, expected) => subjectMatches(certificateOf(ctx.socket), property, expected),
      },
    },
  };
}
