// Holds a server to its promise about streams, with the client graphql-ws: node graphql_ws_resume.mjs URL TOKEN FAILING
// URL is the GraphQL endpoint, FAILING the JSON of an operation that makes one auth failure.
// While events are being made, a subscriber of auditEvents is cut off again and again and goes on behind its last cursor. It must
// see every event once, in order. Then an auth failure must reach a live subscriber within a second.
// Exit code 1 with a sentence at the first expectation that does not hold.
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const [url, token, failingText] = process.argv.slice(2);
if (!url || !token || !failingText) {
  console.error('usage: node graphql_ws_resume.mjs URL TOKEN FAILING');
  process.exit(2);
}
const failing = JSON.parse(failingText);
const PATIENCE_MS = 30_000;
const EVENTS = 60;
/** How many items a subscriber hears before it is cut off, in turn. */
const CUTS = [1, 3, 7, 2, 11];

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

const patience = setTimeout(() => fail(`not done within ${PATIENCE_MS} ms`), PATIENCE_MS);

async function request(operation) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(operation),
  });
  const answer = await response.json();
  return answer.errors ? fail(`errors in ${JSON.stringify(answer)}`) : answer.data;
}

/** Subscribes on a socket of its own. `hear` gets each item, and `cut`, which ends the socket with no close frame. */
function follow(query, variables, hear) {
  return new Promise((resolve) => {
    let socket;
    const client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    client.on('connected', (opened) => (socket = opened));
    let isCut = false;
    const cut = () => {
      isCut = true;
      socket.terminate();
      resolve();
    };
    client.subscribe(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (errors) {
            fail(`errors in the stream: ${JSON.stringify(errors)}`);
          }
          // What the client had read already is heard by nobody: it must come again.
          if (!isCut) {
            hear(Object.values(data)[0], cut);
          }
        },
        error: (error) => isCut || fail(`the stream ended: ${error.reason ?? JSON.stringify(error)}`),
        complete: () => isCut || fail('the stream ended by itself'),
      },
    );
  });
}

const AUDIT_EVENTS = `subscription($from: StreamStartInput) {
  auditEvents(from: $from) {
    __typename
    ... on AuditEventEdge { cursor node { sequence type } }
    ... on StreamBookmark { cursor live }
    ... on StreamGap { cursor }
  }
}`;
const AUTH_FAILURES = `subscription {
  authFailures {
    __typename
    ... on AuthFailureEdge { cursor node { reason connectionKey } }
    ... on StreamBookmark { live }
  }
}`;
const CREATE_SECRET = 'mutation($input: CreateSecretInput!) { createSecret(input: $input) { secret { key } userErrors { message } } }';

async function makeEvents() {
  for (let n = 1; n <= EVENTS; n += 1) {
    const input = { key: `secret-${n}`, displayName: `Secret ${n}`, source: { value: `value ${n}` } };
    const { createSecret } = await request({ query: CREATE_SECRET, variables: { input } });
    if (!createSecret.secret) {
      fail(`a secret was refused: ${JSON.stringify(createSecret)}`);
    }
  }
  const { auditEvents } = await request({ query: '{ auditEvents(last: 1) { nodes { sequence } } }' });
  return BigInt(auditEvents.nodes[0].sequence);
}

async function everyEventOnce() {
  let seen = 0n;
  let end = null;
  let from = { earliest: true };
  let subscriptions = 0;
  let cutNow;
  const made = makeEvents().then((last) => {
    end = last;
    // The last event may have been heard before it is known to be the last.
    if (seen >= end) {
      cutNow();
    }
  });
  while (end === null || seen < end) {
    const cutAfter = CUTS[subscriptions % CUTS.length];
    let heard = 0;
    subscriptions += 1;
    await follow(AUDIT_EVENTS, { from }, (item, cut) => {
      if (item.__typename === 'StreamGap') {
        fail(`a gap behind event ${seen}`);
      }
      if (item.__typename === 'AuditEventEdge') {
        const sequence = BigInt(item.node.sequence);
        if (sequence !== seen + 1n) {
          fail(`event ${sequence} came behind event ${seen}`);
        }
        seen = sequence;
      }
      from = { after: item.cursor };
      cutNow = cut;
      heard += 1;
      if (heard >= cutAfter || (end !== null && seen >= end)) {
        cut();
      }
    });
  }
  await made;
  if (seen !== end || subscriptions < 10) {
    fail(`the stream ended at ${seen} of ${end} after ${subscriptions} subscriptions`);
  }
  return { seen, subscriptions };
}

async function failureIsLive() {
  let asked;
  let took;
  await follow(AUTH_FAILURES, undefined, (item, cut) => {
    if (item.__typename === 'StreamBookmark' && item.live && asked === undefined) {
      asked = performance.now();
      request(failing);
    } else if (item.__typename === 'AuthFailureEdge') {
      took = performance.now() - asked;
      if (item.node.reason !== 'INVALID_CLIENT') {
        fail(`another failure came: ${JSON.stringify(item)}`);
      }
      cut();
    }
  });
  if (!(took < 1_000)) {
    fail(`the failure came after ${took} ms`);
  }
  return took;
}

async function strangerIsRefused() {
  const stranger = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}x` },
    retryAttempts: 0,
  });
  const refusal = await new Promise((resolve) => {
    const sink = { next: () => resolve('an item'), error: resolve, complete: () => resolve('an end') };
    stranger.subscribe({ query: AUDIT_EVENTS }, sink);
  });
  if (refusal.code !== 4403) {
    fail(`a stranger got ${refusal.code ?? refusal} instead of 4403`);
  }
}

const { seen, subscriptions } = await everyEventOnce();
const took = await failureIsLive();
await strangerIsRefused();
clearTimeout(patience);
console.log(`all expectations hold: ${seen} events over ${subscriptions} sockets, an auth failure live after ${took.toFixed(0)} ms`);
process.exit(0);
