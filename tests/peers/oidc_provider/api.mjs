// A protected resource: it verifies that a token is the provider's and good now, and that who shows it is who may.
// It answers 200 with what it found, {client_id, scope, audience, scheme, bound_to: "nothing" | "key" | "certificate"},
// or 401 with the challenge of RFC 6750 and RFC 9449.
import { hash, randomBytes } from 'node:crypto';

import { calculateJwkThumbprint, createRemoteJWKSet, EmbeddedJWK, jwtVerify } from 'jose';

import { certificateOf } from './certificates.mjs';

const PATH = '/resource';
const PROOF_AGE_SECONDS_MAX = 60;
const PROOF_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

const digest = (data) => hash('sha256', data, 'base64url');

/** Why a request is refused, in the words of the challenge. */
class Refusal extends Error {
  constructor(error, description) {
    super(description);
    this.error = error;
  }
}

function hold(condition, error, description) {
  if (!condition) {
    throw new Refusal(error, description);
  }
}

export class Api {
  #issuer;
  #requireNonce;
  #oneUseNonces;
  #keys;
  #provider;
  #nonce;
  #seen = new Set();

  constructor({ issuer, requireNonce, oneUseNonces }) {
    this.#issuer = issuer;
    this.#requireNonce = requireNonce;
    this.#oneUseNonces = oneUseNonces;
    this.#keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  }

  rotateNonces(provider = this.#provider) {
    this.#provider = provider;
    this.#nonce = randomBytes(16).toString('base64url');
  }

  owns(request) {
    return new URL(request.url, this.#issuer).pathname === PATH;
  }

  async answer(request, response) {
    const [, scheme = '', token = ''] = /^([A-Za-z]+) (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    try {
      const found = await this.#judge(request, scheme, token);
      if (scheme === 'DPoP' && this.#oneUseNonces) {
        this.rotateNonces();
        response.setHeader('dpop-nonce', this.#nonce);
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) {
        throw refusal;
      }
      this.#refuse(response, scheme, refusal);
    }
  }

  #refuse(response, scheme, { error, message }) {
    const algorithms = scheme === 'DPoP' ? `, algs="${PROOF_ALGORITHMS.join(' ')}"` : '';
    const challenge = `${scheme || 'Bearer'} realm="api"`;
    response.setHeader('www-authenticate', error ? `${challenge}, error="${error}", error_description="${message}"${algorithms}` : challenge);
    if (error === 'use_dpop_nonce') {
      response.setHeader('dpop-nonce', this.#nonce);
    }
    response.writeHead(401).end();
  }

  async #judge(request, scheme, token) {
    hold(token && ['Bearer', 'DPoP'].includes(scheme), undefined, 'no token');
    const found = await this.#introspect(token);
    hold((scheme === 'DPoP') === (found.jkt !== undefined), 'invalid_token', 'the scheme is not the one of the token');
    if (found.jkt) {
      await this.#verifyProof(request, token, found.jkt);
    }
    if (found.x5t) {
      const certificate = certificateOf(request.socket);
      hold(certificate && digest(certificate.raw) === found.x5t, 'invalid_token', 'the token is bound to another certificate');
    }
    const { client_id, scope, audience, jkt, x5t } = found;
    return { client_id, scope, audience, scheme, bound_to: jkt ? 'key' : x5t ? 'certificate' : 'nothing' };
  }

  /** What a good token says. An opaque one is looked up, of another the signature is verified. */
  async #introspect(token) {
    if (token.split('.').length === 3) {
      const verified = await jwtVerify(token, this.#keys, { issuer: this.#issuer, typ: 'at+jwt' }).catch(() => undefined);
      hold(verified, 'invalid_token', 'the token is not good');
      const { client_id, scope, aud, cnf } = verified.payload;
      return { client_id, scope, audience: aud, jkt: cnf?.jkt, x5t: cnf?.['x5t#S256'] };
    }
    const stored = await this.#provider.ClientCredentials.find(token);
    hold(stored && !stored.isExpired, 'invalid_token', 'the token is not good');
    return { client_id: stored.clientId, scope: stored.scope, audience: stored.aud, jkt: stored.jkt, x5t: stored['x5t#S256'] };
  }

  /** RFC 9449 sections 4.3 and 7.1. */
  async #verifyProof(request, token, jkt) {
    const proof = await jwtVerify(request.headers.dpop ?? '', EmbeddedJWK, { typ: 'dpop+jwt', algorithms: PROOF_ALGORITHMS }).catch(() => undefined);
    hold(proof, 'invalid_dpop_proof', 'the proof is not a good DPoP proof');
    const { htm, htu, iat, jti, ath, nonce } = proof.payload;
    const { host } = request.headers;
    const url = `${request.socket.encrypted ? 'https' : 'http'}://${host}${PATH}`;
    hold(htm === request.method, 'invalid_dpop_proof', 'htm is not the method');
    hold(htu === url, 'invalid_dpop_proof', 'htu is not the address without query and fragment');
    hold(Math.abs(Date.now() / 1000 - iat) <= PROOF_AGE_SECONDS_MAX, 'invalid_dpop_proof', 'iat is not now');
    hold(ath === digest(token), 'invalid_dpop_proof', 'ath is not the digest of the token');
    hold((await calculateJwkThumbprint(proof.protectedHeader.jwk)) === jkt, 'invalid_token', 'the token is bound to another key');
    hold(!this.#requireNonce || nonce === this.#nonce, 'use_dpop_nonce', 'the nonce is missing or stale');
    hold(typeof jti === 'string' && !this.#seen.has(jti), 'invalid_dpop_proof', 'jti was seen before');
    this.#seen.add(jti);
  }
}
