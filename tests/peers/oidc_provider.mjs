// A certified OpenID provider on loopback: node oidc_provider.mjs
// Standard input: one line, the JSON array of the clients (metadata of RFC 7591 plus `client_id`). It must stay open: the
// provider ends with it, so none is left over by a test that was killed.
// Standard output: one line {"issuer": …, "token_endpoint": …, "introspection_endpoint": …} as soon as it listens.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

// It warns of the version of node, when it is loaded, and of keeping everything in memory. Both are meant here.
console.warn = () => {};
const { errors, Provider } = await import('oidc-provider');

// What a token can be asked for, by the parameter `resource` (RFC 8707). Each has its own form of token.
const RESOURCES = {
  'urn:example:orders': { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } },
  'urn:example:stock': { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
  'urn:example:opaque': { accessTokenFormat: 'opaque' },
};
const DEFAULT_RESOURCE = 'urn:example:orders';
const SCOPES = 'orders:read orders:write';
const LIFETIME_SECONDS = 300;

const jwk = (alg, kty, options) => ({ ...generateKeyPairSync(kty, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig' });
const keys = [jwk('RS256', 'rsa', { modulusLength: 2048 }), jwk('ES256', 'ec', { namedCurve: 'P-256' })];

const features = {
  clientCredentials: { enabled: true },
  devInteractions: { enabled: false },
  introspection: { enabled: true },
  resourceIndicators: {
    enabled: true,
    defaultResource: () => DEFAULT_RESOURCE,
    getResourceServerInfo: (_, resource) => {
      if (!Object.hasOwn(RESOURCES, resource)) {
        throw new errors.InvalidTarget();
      }
      return { scope: SCOPES, audience: resource, accessTokenTTL: LIFETIME_SECONDS, ...RESOURCES[resource] };
    },
  },
};

function start(line) {
  const server = createServer();
  server.listen(0, '127.0.0.1', () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const clients = JSON.parse(line).map((client) => ({
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      ...client,
    }));
    const provider = new Provider(issuer, { clients, features, jwks: { keys }, scopes: SCOPES.split(' ') });
    server.on('request', provider.callback());
    const endpoints = { token_endpoint: `${issuer}/token`, introspection_endpoint: `${issuer}/token/introspection` };
    console.log(JSON.stringify({ issuer, ...endpoints }));
  });
}

const input = createInterface({ input: process.stdin });
input.once('line', start);
input.once('close', () => process.exit(0));
