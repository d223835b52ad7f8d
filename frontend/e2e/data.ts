// What tests need to be there before they begin, made through the public API.
import type { Latchkey } from './server'

type Payload = { userErrors: { message: string; path: string[] }[] }

/** Runs a mutation that must succeed. */
async function change<T>(latchkey: Latchkey, field: string, type: string, result: string, input: object): Promise<T> {
  const text = `mutation ($input: ${type}!) { payload: ${field}(input: $input) { ${result} userErrors { message path } } }`
  const { payload } = await latchkey.query<{ payload: T & Payload }>(text, { input })
  if (payload.userErrors.length > 0) throw new Error(`${field}: ${JSON.stringify(payload.userErrors)}`)
  return payload
}

/** Stores a secret. */
export async function createSecret(latchkey: Latchkey, key: string, value: string, displayName = key): Promise<void> {
  await change(latchkey, 'createSecret', 'CreateSecretInput', 'secret { key }', { key, displayName, source: { value } })
}

/** Replaces the value of a secret. */
export async function rotateSecret(latchkey: Latchkey, key: string, value: string): Promise<void> {
  const { secret } = await latchkey.query<{ secret: { version: number } }>(
    'query ($key: Key!) { secret(key: $key) { version } }',
    { key },
  )
  const input = { key, expectedVersion: secret.version, source: { value } }
  await change(latchkey, 'rotateSecret', 'RotateSecretInput', 'secret { key }', input)
}

/** Creates a connection; `input` is `CreateConnectionInput` but for what is the same nearly everywhere. */
export async function createConnection(
  latchkey: Latchkey,
  input: { key: string; accessTokenUrl: string; secret: string } & Record<string, unknown>,
): Promise<void> {
  const { secret, ...rest } = input
  await change(latchkey, 'createConnection', 'CreateConnectionInput', 'connection { key }', {
    displayName: input.key,
    clientId: input.key,
    authentication: { clientSecret: { secret } },
    allowedHosts: [new URL(input.accessTokenUrl).host],
    ...rest,
  })
}

/** Changes a connection, whatever its version. */
export async function updateConnection(latchkey: Latchkey, key: string, changes: object): Promise<void> {
  const { connection } = await latchkey.query<{ connection: { version: number } }>(
    'query ($key: Key!) { connection(key: $key) { version } }',
    { key },
  )
  const input = { key, expectedVersion: connection.version, ...changes }
  await change(latchkey, 'updateConnection', 'UpdateConnectionInput', 'connection { key }', input)
}

/** Tests a connection, whatever comes of it. */
export async function testConnection(latchkey: Latchkey, key: string): Promise<void> {
  await change(latchkey, 'testConnection', 'TestConnectionInput', 'test { ok }', { key })
}

/** Asks for a token although requests are held back after a failure, whatever comes of it. */
export async function retryTokenRequest(latchkey: Latchkey, key: string): Promise<void> {
  await change(latchkey, 'retryTokenRequest', 'RetryTokenRequestInput', 'connection { key }', { key })
}

/** Makes a request, whatever comes of it; its exchange's id. */
export async function execute(latchkey: Latchkey, connection: string | null, url: string, more = {}): Promise<string> {
  const authorization = connection === null ? { none: true } : { clientConnection: { key: connection } }
  const { exchange } = await change<{ exchange: { id: string } }>(
    latchkey,
    'executeHttpRequest',
    'ExecuteHttpRequestInput',
    'exchange { id }',
    { url, authorization, ...more },
  )
  return exchange.id
}

/** Creates an HTTP Request Task. */
export async function createTask(
  latchkey: Latchkey,
  input: { key: string; url: string; connection: string } & Record<string, unknown>,
): Promise<void> {
  const { connection, ...rest } = input
  await change(latchkey, 'createHttpRequestTask', 'CreateHttpRequestTaskInput', 'task { key }', {
    displayName: input.key,
    authorization: { clientConnection: { key: connection } },
    ...rest,
  })
}

/** Runs a task, whatever comes of it. */
export async function runTask(latchkey: Latchkey, key: string, variables: object | null = null): Promise<void> {
  const input = { key, ...(variables && { variables }) }
  await change(latchkey, 'runHttpRequestTask', 'RunHttpRequestTaskInput', 'exchange { id }', input)
}
