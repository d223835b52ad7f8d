// A certified OpenID provider on loopback, and an API that takes its tokens: node oidc_provider.mjs
//
// Standard input, one line: the JSON array of the clients (metadata of RFC 7591 plus `client_id`), or an object:
//   clients                the array. A client of self_signed_tls_client_auth says its certificate as `certificate` (PEM).
//   require_nonce          whether a DPoP proof needs a nonce, at the provider and at its API (`resource`). Default: true.
//   one_use_api_nonces     whether each answer of the API replaces the nonce, and says so (RFC 9449 section 8.2). Default: false.
// Standard output, one line as soon as it listens:
//   issuer, token_endpoint, introspection_endpoint, jwks_uri, resource           over http
//   mtls_token_endpoint, mtls_introspection_endpoint, mtls_resource              over https, which asks for a client certificate
// The certificate of https is signed by keys/mtls/authority.certificate.pem, for localhost and 127.0.0.1.
// Then each line {"do": "rotate_nonces"} makes the nonces given so far invalid, and is answered by {"done": "rotate_nonces"}.
// Standard input must stay open: the provider ends with it, so none is left over by a test that was killed.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createInterface } from 'node:readline';

import { Api } from './oidc_provider/api.mjs';
import { client, configuration } from './oidc_provider/configuration.mjs';

// It warns of the version of node when it is loaded, and tells of its defaults, on the output that belongs to our lines.
console.warn = () => {};
console.info = () => {};
const { Provider } = await import('oidc-provider');
const { createMemoryAdapter } = await import('oidc-provider/lib/adapters/memory_adapter.js');

const tls = (name) => readFileSync(new URL(`../keys/mtls/${name}.pem`, import.meta.url));
const ENDPOINTS = { token_endpoint: '/token', introspection_endpoint: '/token/introspection' };

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

async function start(said) {
  const options = Array.isArray(said) ? { clients: said } : said;
  const plain = createServer();
  // Whether a certificate is good is for the provider to say, not for the handshake: then a wrong one is `invalid_client`.
  const mutual = createTlsServer({
    key: tls('server.key'),
    cert: tls('server.certificate'),
    ca: tls('authority.certificate'),
    requestCert: true,
    rejectUnauthorized: false,
  });
  const issuer = `http://127.0.0.1:${await listening(plain)}`;
  const mtlsOrigin = `https://127.0.0.1:${await listening(mutual)}`;
  const at = (origin) => Object.fromEntries(Object.entries(ENDPOINTS).map(([name, path]) => [name, origin + path]));

  const fixed = {
    clients: options.clients.map(client),
    adapter: createMemoryAdapter(),
    discovery: { mtls_endpoint_aliases: at(mtlsOrigin) },
  };
  const requireNonce = options.require_nonce ?? true;
  const api = new Api({ issuer, requireNonce, oneUseNonces: options.one_use_api_nonces ?? false });
  let answer;
  const rotateNonces = () => {
    // The provider derives its nonces from a secret and the time, so those of another secret are new. All else is shared.
    const provider = new Provider(issuer, { ...fixed, ...configuration({ requireNonce, nonceSecret: randomBytes(32) }) });
    answer = provider.callback();
    api.rotateNonces(provider);
  };
  rotateNonces();
  for (const server of [plain, mutual]) {
    server.on('request', (request, response) => (api.owns(request) ? api.answer(request, response) : answer(request, response)));
  }

  const mtls = Object.entries(at(mtlsOrigin)).map(([name, url]) => [`mtls_${name}`, url]);
  console.log(
    JSON.stringify({
      issuer,
      ...at(issuer),
      jwks_uri: `${issuer}/jwks`,
      resource: `${issuer}/resource`,
      ...Object.fromEntries(mtls),
      mtls_resource: `${mtlsOrigin}/resource`,
    }),
  );
  return { rotate_nonces: rotateNonces };
}

let actions;
for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (actions) {
    actions[said.do]();
    console.log(JSON.stringify({ done: said.do }));
  } else {
    actions = await start(said);
  }
}
process.exit(0);
