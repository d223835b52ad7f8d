// Holds a server to graphql-transport-ws with the clients graphql-ws and ws:
//   node graphql_ws_client.mjs URL TOKEN OPERATION [TRIGGER]
// OPERATION is the JSON of a subscription ({"query": …, "variables": …}) that yields at least one event. If events come only
// when something happens, TRIGGER is the JSON of a mutation that makes one happen.
// Exit code 1 with a sentence at the first expectation that does not hold.
import { createClient } from 'graphql-ws';
import { getIntrospectionQuery } from 'graphql';
import { WebSocket } from 'ws';

const [url, token, operationText, triggerText] = process.argv.slice(2);
if (!url || !token || !operationText) {
  console.error('usage: node graphql_ws_client.mjs URL TOKEN OPERATION [TRIGGER]');
  process.exit(2);
}
const operation = JSON.parse(operationText);
const trigger = triggerText && JSON.parse(triggerText);
const authorization = `Bearer ${token}`;
const PATIENCE_MS = 15_000;
let held = 0;

function expect(actual, expected, sentence) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    console.error(`${sentence}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
    process.exit(1);
  }
  held += 1;
}

function inTime(promise, sentence) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      console.error(`${sentence}: nothing came within ${PATIENCE_MS} ms`);
      process.exit(1);
    }, PATIENCE_MS);
    promise.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** A raw socket: `said(sentence)` is the next message, `closed(sentence)` the close code. */
async function open(protocols = 'graphql-transport-ws') {
  const socket = new WebSocket(url, protocols);
  const messages = [];
  const waiting = [];
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString());
    const next = waiting.shift();
    next ? next(message) : messages.push(message);
  });
  const closing = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
  socket.on('error', () => {});
  await inTime(new Promise((resolve) => socket.on('open', resolve)), 'the socket opens');
  return {
    socket,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    said: (sentence) =>
      inTime(messages.length ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve)), sentence),
    closed: async (sentence) => (await inTime(closing, sentence)).code,
  };
}

async function ready() {
  const connection = await open();
  connection.say({ type: 'connection_init', payload: { Authorization: authorization } });
  const { type } = await connection.said('connection_init is answered');
  expect(type, 'connection_ack', 'connection_init is acknowledged');
  return connection;
}

async function closesWith(code, sentence, prepare, act) {
  const connection = await prepare();
  await act(connection);
  expect(await connection.closed(sentence), code, sentence);
}

/** Runs an operation with graphql-ws; a subscription ends after its first event. */
function first(client, payload) {
  return new Promise((resolve, reject) => {
    let result;
    const cancel = client.subscribe(payload, {
      next: (value) => {
        result ??= value;
        if (payload === operation) cancel();
      },
      error: reject,
      complete: () => resolve(result),
    });
  });
}

/** A client that is connected at once, and what it hears: `ponged` and `ended` are promises. */
function connected() {
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: authorization },
    keepAlive: 200,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => {},
  });
  const ended = new Promise((resolve) => client.on('closed', ({ code, wasClean }) => resolve({ code, wasClean })));
  const ponged = new Promise((resolve) => client.on('pong', (received) => received && resolve(true)));
  return { client, ended, ponged };
}

const failed = (error) => ({ failure: error instanceof Error ? error.message : error });

async function withGraphqlWs() {
  const { client, ended, ponged } = connected();
  const query = await inTime(first(client, { query: '{__typename}' }).catch(failed), 'a query is answered');
  expect(typeof query.data?.__typename, 'string', 'a query runs over the socket');
  const introspection = await inTime(first(client, { query: getIntrospectionQuery() }).catch(failed), 'introspection is answered');
  expect([introspection.failure, introspection.errors], [undefined, undefined], 'standard introspection is within the limits');
  const invalid = await inTime(first(client, { query: '{' }).catch((errors) => errors), 'an invalid document is answered');
  expect(invalid?.[0]?.extensions?.code, 'GRAPHQL_PARSE_FAILED', 'an invalid document is an error message');
  expect(await inTime(ponged, 'a ping of the client is answered'), true, 'a ping of the client is answered');

  // A client of its own: graphql-ws counts twice an operation that is cancelled and completed in the same moment.
  const subscriber = connected();
  const event = first(subscriber.client, operation).catch(failed);
  if (trigger) {
    await inTime(subscriber.ponged, 'the socket lives while the subscription begins');
    const triggered = await inTime(first(client, trigger).catch(failed), 'the trigger is answered');
    expect([triggered.failure, triggered.errors], [undefined, undefined], 'the trigger has no errors');
  }
  const seen = await inTime(event, 'the subscription yields an event');
  expect([seen.failure, seen.errors], [undefined, undefined], 'the first event of the subscription has no errors');
  expect(typeof seen.data, 'object', 'the first event of the subscription has data');
  await subscriber.client.dispose();

  await client.dispose();
  expect(await inTime(ended, 'the socket closes'), { code: 1000, wasClean: true }, 'close(1000) is answered by a close frame');

  const stranger = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: 'Bearer wrong' },
    retryAttempts: 0,
  });
  const refusal = await inTime(first(stranger, { query: '{__typename}' }).catch((event) => event.code), 'a wrong token is answered');
  expect(refusal, 4403, 'a wrong token closes with 4403');
}

async function withRawSockets() {
  const nothing = async () => {};
  const subscribe = (id, payload) => ({ type: 'subscribe', id, payload });

  await closesWith(4400, 'invalid JSON closes with 4400', ready, ({ say }) => say('{'));
  await closesWith(4400, 'an unknown type closes with 4400', ready, ({ say }) => say({ type: 'start', id: '1' }));
  await closesWith(4400, 'a missing id closes with 4400', ready, ({ say }) => say(subscribe(undefined, operation)));
  await closesWith(4400, 'a binary frame closes with 4400', ready, ({ socket }) => socket.send(Buffer.from('{"type":"ping"}')));
  const notAnObject = { type: 'connection_init', payload: 'x' };
  await closesWith(4400, 'an init payload that is no object closes with 4400', open, ({ say }) => say(notAnObject));
  await closesWith(4401, 'subscribe before the init closes with 4401', open, ({ say }) => say(subscribe('1', operation)));
  await closesWith(4403, 'an init without a token closes with 4403', open, ({ say }) => say({ type: 'connection_init' }));
  await closesWith(4406, 'no subprotocol closes with 4406', () => open([]), nothing);
  await closesWith(4408, 'no init closes with 4408', open, nothing);
  await closesWith(4429, 'a second init closes with 4429', ready, ({ say }) => say({ type: 'connection_init' }));

  const connection = await ready();
  connection.say({ type: 'ping', payload: { echo: 1 } });
  expect(await connection.said('a ping is answered'), { type: 'pong', payload: { echo: 1 } }, 'a pong echoes the payload');
  connection.say({ type: 'complete', id: 'unknown' });
  connection.say(subscribe('1', { query: '{__typename}' }));
  const next = await connection.said('a query is answered');
  expect([next.type, next.id], ['next', '1'], 'complete for an unknown id is ignored');
  expect(await connection.said('a query completes'), { type: 'complete', id: '1' }, 'a query completes');
  connection.say(subscribe('1', { query: '{nothing}' }));
  const error = await connection.said('an invalid operation is answered');
  expect([error.type, error.id, Array.isArray(error.payload)], ['error', '1', true], 'an invalid operation is an error');
  connection.socket.close(1000);
  expect(await connection.closed('the close is answered'), 1000, 'close(1000) of a raw socket is answered');

  // Both arrive together, so the first is live when the second comes. A stream that ends at once may be over by then.
  if (trigger) {
    await closesWith(4409, 'an id in use closes with 4409', ready, ({ say }) => {
      say(subscribe('1', operation));
      say(subscribe('1', operation));
    });
  }

  const legacy = new WebSocket(url, 'graphql-ws');
  const spoken = new Promise((resolve) => {
    legacy.on('open', () => resolve('open'));
    legacy.on('error', () => resolve('refused'));
  });
  expect(await inTime(spoken, 'the legacy subprotocol is answered'), 'refused', 'the legacy subprotocol is not spoken');
}

await withGraphqlWs();
await withRawSockets();
console.log(`all expectations hold: ${held}`);
process.exit(0);
