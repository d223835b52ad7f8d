// Glewlwyd, an authorization server in C that shares no code with anything else here, on loopback: node glewlwyd.mjs
//
// Standard input, one line: the JSON array of the clients. Of the metadata of RFC 7591 these are meant: client_id, client_secret,
// token_endpoint_auth_method (client_secret_basic, client_secret_post, client_secret_jwt or private_key_jwt), scope (of orders:read and
// orders:write, which are what there is) and jwks, whose keys need a `kid` that the assertion names.
// Standard output: one line {"issuer", "token_endpoint", "introspection_endpoint", "jwks_uri"} as soon as it is ready.
// Standard input must stay open: the server ends with it, so none is left over by a test that was killed.
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// Where scripts/setup.sh unpacks it. Where the package itself is installed, that is taken.
const UNPACKED = fileURLToPath(new URL('.glewlwyd', import.meta.url));
const ROOT = existsSync(UNPACKED) ? UNPACKED : '';
const SCHEMA = `${ROOT}/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3`;
// The administrator that the schema brings.
const ADMINISTRATOR = { username: 'admin', password: 'password' };
const SCOPES = ['orders:read', 'orders:write'];
const LIFETIME_SECONDS = 300;
const STARTS_MAX = 5;
const POLLS_MAX = 200;
const POLL_MS = 25;

// The server, and who waits for the end of this program, however it ends: then nothing is left of the server and its directory.
const SHELL = `
  exec 3<&0
  (read -r _ <&3; kill -9 $$; rm -rf "$1") &
  exec glewlwyd --config-file "$1/settings" </dev/null
`;

/** The environment in which the unpacked programs find their libraries. */
function environment() {
  const libraries = `${ROOT}/usr/lib`;
  const paths = ROOT ? [libraries, ...readdirSync(libraries).filter((name) => name.includes('-linux-')).map((name) => join(libraries, name))] : [];
  return { ...process.env, LD_LIBRARY_PATH: paths.join(':'), PATH: `${ROOT}/usr/bin:${process.env.PATH}` };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function settings(directory, port) {
  const modules = (kind) => `${ROOT}/usr/lib/glewlwyd/${kind}`;
  return `
    port=${port}
    bind_address="127.0.0.1"
    external_url="http://127.0.0.1:${port}"
    login_url="login.html"
    api_prefix="api"
    log_mode="file"
    log_level="WARNING"
    log_file="${directory}/log"
    cookie_secure=0
    session_expiration=3600
    session_key="SESSION"
    admin_scope="g_admin"
    profile_scope="g_profile"
    admin_session_authentication="cookie"
    profile_session_authentication="cookie"
    login_api_enabled=true
    user_module_path="${modules('user')}"
    client_module_path="${modules('client')}"
    user_auth_scheme_module_path="${modules('scheme')}"
    plugin_module_path="${modules('plugin')}"
    hash_algorithm="SHA512"
    database = { type = "sqlite3"; path = "${directory}/database" };
  `;
}

/** Starts the server in a directory of its own; its address. */
async function attempt() {
  const directory = mkdtempSync(join(tmpdir(), 'glewlwyd-'));
  // One transaction, and a log instead of a journal: else each of the hundreds of statements waits for the disk.
  const schema = `PRAGMA journal_mode = WAL; BEGIN; ${readFileSync(SCHEMA, 'utf8')} COMMIT;`;
  execFileSync('sqlite3', [join(directory, 'database')], { input: schema, env: environment() });
  const port = await freePort();
  writeFileSync(join(directory, 'settings'), settings(directory, port));
  const child = spawn('sh', ['-c', SHELL, 'sh', directory], { env: environment(), stdio: ['pipe', 'ignore', 'inherit'] });
  let isOver = false;
  child.once('exit', () => (isOver = true));
  for (let poll = 0; poll < POLLS_MAX && !isOver; poll += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/config`).catch(() => undefined);
    // Another program that took the port would not be a child that lives.
    if (answer?.ok && !isOver) {
      child.once('exit', () => process.exit(1));
      return `http://127.0.0.1:${port}`;
    }
    await pause(POLL_MS);
  }
  child.stdin.end();
  return undefined;
}

/** The server can't be told to choose a port, and the free one may be taken by the time it listens. */
async function serve() {
  for (let count = 0; count < STARTS_MAX; count += 1) {
    const origin = await attempt();
    if (origin) {
      return origin;
    }
  }
  throw new Error('glewlwyd does not start: is it installed (make setup)?');
}

/** Somebody who may set the server up. */
async function administrator(api) {
  let cookie = '';
  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json', cookie };
    const answer = await fetch(`${api}/${path}/`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) {
      throw new Error(`glewlwyd refuses ${path}: ${answer.status} ${await answer.text()}`);
    }
    return answer;
  };
  const [set] = (await post('auth', ADMINISTRATOR)).headers.getSetCookie();
  [cookie] = set.split(';');
  return post;
}

function plugin(issuer) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    module: 'oidc',
    name: 'oidc',
    display_name: 'oidc',
    enabled: true,
    parameters: {
      iss: issuer,
      'jwt-type': 'rsa',
      'jwt-key-size': '256',
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: publicKey.export({ type: 'spki', format: 'pem' }),
      'jwks-show': true,
      'access-token-duration': LIFETIME_SECONDS,
      'refresh-token-duration': LIFETIME_SECONDS,
      'code-duration': LIFETIME_SECONDS,
      'allow-non-oidc': true,
      'auth-type-client-enabled': true,
      'auth-type-code-enabled': false,
      'auth-type-token-enabled': false,
      'auth-type-id-token-enabled': false,
      'auth-type-password-enabled': false,
      'auth-type-refresh-enabled': false,
      'auth-type-device-enabled': false,
      'introspection-revocation-allowed': true,
      'introspection-revocation-allow-target-client': true,
      // What lets a client authenticate by an assertion.
      'request-parameter-allow': true,
      'request-maximum-exp': LIFETIME_SECONDS,
      'client-jwks-parameter': 'jwks',
    },
  };
}

function client({ scope = SCOPES.join(' '), token_endpoint_auth_method: method, ...metadata }) {
  return {
    ...metadata,
    name: metadata.client_id,
    enabled: true,
    confidential: true,
    authorization_type: ['client_credentials'],
    token_endpoint_auth_method: [method],
    scope: scope.split(' '),
  };
}

async function start(clients) {
  const origin = await serve();
  const issuer = `${origin}/api/oidc`;
  const create = await administrator(`${origin}/api`);
  for (const name of SCOPES) {
    await create('scope', { name, display_name: name, description: name, password_required: false, scheme: {} });
  }
  await create('mod/plugin', plugin(issuer));
  for (const metadata of clients) {
    await create('client', client(metadata));
  }
  const endpoints = { token_endpoint: `${issuer}/token`, introspection_endpoint: `${issuer}/introspect`, jwks_uri: `${issuer}/jwks` };
  console.log(JSON.stringify({ issuer, ...endpoints }));
}

const input = createInterface({ input: process.stdin });
input.once('line', (line) => start(JSON.parse(line)));
input.once('close', () => process.exit(0));
