// An issuer that takes every client and does what it is told, with oauth2-mock-server: node oauth2_mock_server.mjs
//
// Standard input: a first line, {}, starts it. Standard output: one line {"issuer", "token_endpoint", "jwks_uri"} as soon as it listens.
// Then each line is a command, answered by {"done": …} when it is in force:
//   {"do": "misbehave", "times": 1, "status": 503, "body": {…}, "merge": {…}}
//                         the next `times` token answers have this status and this body (any JSON value). With `merge` instead of
//                         `body`, the good answer with these members; null takes one away.
//   {"do": "claims", "set": {…}}     claims of all access tokens from now on
//   {"do": "behave"}                 ends both
//   {"do": "requests"}               also answers "requests": the token requests since the last time, each with its headers and form
// It verifies no client authentication, so what came is for the test to judge.
// Standard input must stay open: the server ends with it, so none is left over by a test that was killed.
import { createInterface } from 'node:readline';

import { OAuth2Server } from 'oauth2-mock-server';

const server = new OAuth2Server();
let misbehaviours = [];
let claims = {};
let requests = [];

function misbehave(response, { status, body, merge }) {
  response.statusCode = status ?? response.statusCode;
  if (body !== undefined) {
    response.body = body;
  } else if (merge) {
    const members = Object.entries({ ...response.body, ...merge });
    response.body = Object.fromEntries(members.filter(([, value]) => value !== null));
  }
}

server.service.on('beforeTokenSigning', (token) => Object.assign(token.payload, claims));
server.service.on('beforeResponse', (response, request) => {
  requests.push({ headers: request.headers, form: request.body });
  const next = misbehaviours.shift();
  if (next) {
    misbehave(response, next);
  }
});

const commands = {
  misbehave({ times = 1, ...how }) {
    misbehaviours.push(...Array(times).fill(how));
  },
  claims({ set }) {
    claims = set;
  },
  behave() {
    misbehaviours = [];
    claims = {};
  },
  requests() {
    const heard = requests;
    requests = [];
    return { requests: heard };
  },
};

async function start() {
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  const { port } = server.address();
  // It names itself localhost, but listens on one address only.
  const issuer = `http://127.0.0.1:${port}`;
  server.issuer.url = issuer;
  return { issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` };
}

let isStarted = false;
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const answer = isStarted ? { done: command.do, ...commands[command.do](command) } : await start();
  isStarted = true;
  console.log(JSON.stringify(answer));
}
process.exit(0);
