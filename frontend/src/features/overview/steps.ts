// The way from an empty install to the first authorised request, and how far somebody has come on it.
import { exampleUrl, executeCommand, graphqlCommand } from '@/api/command'
import type { ChecklistConnectionFragment, ChecklistQuery } from '@/gen/graphql'

/** Where it is kept that the first steps are done, or that nobody wants to see them. */
const STORED = 'latchkey.checklist'

/** Whether the steps have been put away. */
export function isPutAway(): boolean {
  return localStorage.getItem(STORED) !== null
}

/** Puts the steps away for good. */
export function putAway(why: 'done' | 'dismissed'): void {
  localStorage.setItem(STORED, why)
}

export type StepName = 'secret' | 'connection' | 'test' | 'request' | 'usage'

export type Step = {
  name: StepName
  done: boolean
  /** The same for a terminal. */
  command: string
}

/** The steps, in order, and the connection that the later ones are about. */
export function stepsOf(data: ChecklistQuery): { steps: Step[]; connection: ChecklistConnectionFragment | null } {
  const connections = data.connections?.nodes ?? []
  const secretKey = data.secrets?.nodes[0]?.key ?? null
  const connection = connections.find(({ lastTest }) => lastTest?.ok) ?? connections[0] ?? null
  const key = connection?.key ?? 'my-api'
  const steps: Step[] = [
    { name: 'secret', done: secretKey !== null, command: createSecret() },
    { name: 'connection', done: connections.length > 0, command: createConnection(secretKey ?? 'my-api-secret') },
    { name: 'test', done: connections.some(({ lastTest }) => lastTest?.ok), command: testConnection(key) },
    { name: 'request', done: (data.httpExchanges?.nodes.length ?? 0) > 0, command: execute(key, connection) },
    { name: 'usage', done: (data.usageData?.totals.cacheHits ?? 0) > 0, command: usage(key) },
  ]
  return { steps, connection }
}

function createSecret(): string {
  return graphqlCommand(
    'mutation ($input: CreateSecretInput!) { createSecret(input: $input) { secret { key } userErrors { message } } }',
    { input: { key: 'my-api-secret', displayName: 'My API: client secret', source: { value: 'THE-CLIENT-SECRET' } } },
  )
}

function createConnection(secret: string): string {
  return graphqlCommand(
    `mutation ($input: CreateConnectionInput!) {
      createConnection(input: $input) { connection { key } userErrors { path message } }
    }`,
    {
      input: {
        key: 'my-api',
        displayName: 'My API',
        clientId: 'my-client',
        accessTokenUrl: 'https://issuer.example.com/token',
        authentication: { clientSecret: { secret } },
        baseUrl: 'https://api.example.com/',
      },
    },
  )
}

function testConnection(key: string): string {
  return graphqlCommand(
    `mutation ($key: Key!) {
      testConnection(input: { key: $key }) {
        test { ok steps { phase status detail } failure { message remedy { summary } } }
        userErrors { message }
      }
    }`,
    { key },
  )
}

function execute(key: string, connection: ChecklistConnectionFragment | null): string {
  return executeCommand({ key, url: (connection && exampleUrl(connection)) ?? 'https://api.example.com/' })
}

function usage(key: string): string {
  return graphqlCommand(
    `query ($key: Key!, $from: DateTime!) {
      connection(key: $key) {
        usageData(range: { from: $from }) {
          totals { requests succeeded authFailures tokenRequests cacheHits }
        }
      }
    }`,
    { key, from: '2026-01-01T00:00:00Z' },
  )
}
