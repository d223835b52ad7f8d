// A server that says what a test wants on the failures' subscription: as fast and as much as no issuer could fail.
// Everything else still reaches the real server.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { WebSocketRoute } from '@playwright/test'
import { buildSchema, type DocumentNode, execute, type GraphQLSchema, parse } from 'graphql'
import type { Page } from './latchkey'

const sdl = fileURLToPath(new URL('../../schema.graphql', import.meta.url))

type Listener = { socket: WebSocketRoute; id: string; document: DocumentNode; variables: Record<string, unknown> }
type Message = { type: string; id?: string; payload?: { query: string; variables?: Record<string, unknown> } }

/** A scripted tail of failures. */
export class Tail {
  private listener: Listener | null = null
  private count = 0

  private constructor(private readonly schema: GraphQLSchema) {}

  /** Takes the place of the server's WebSocket, before the page opens it. */
  static async of(page: Page): Promise<Tail> {
    const tail = new Tail(buildSchema(await readFile(sdl, 'utf8')))
    await page.routeWebSocket('**/graphql', socket => {
      socket.onMessage(text => tail.receive(socket, JSON.parse(text.toString()) as Message))
    })
    return tail
  }

  get isHeard(): boolean {
    return this.listener !== null
  }

  /** Says that `count` more failures have happened. Each is of another connection than the ones before it. */
  say(count: number): void {
    for (let said = 0; said < count; said += 1) {
      this.count += 1
      this.send({ authFailures: failure(this.count) })
    }
  }

  private receive(socket: WebSocketRoute, message: Message): void {
    if (message.type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }))
    if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }))
    if (message.type !== 'subscribe' || !message.payload?.query.includes('authFailures') || !message.id) return
    const { query, variables = {} } = message.payload
    this.listener = { socket, id: message.id, document: parse(query), variables }
    const cursor = String(this.count)
    this.send({ authFailures: { __typename: 'StreamBookmark', cursor, sequence: cursor, live: true } })
  }

  private send(rootValue: object): void {
    if (!this.listener) throw new Error('the page does not listen to failures')
    const { socket, id, document, variables: variableValues } = this.listener
    const payload = execute({ schema: this.schema, document, rootValue, variableValues })
    socket.send(JSON.stringify({ id, type: 'next', payload }))
  }
}

function failure(number: number): object {
  const key = `tail-${number % 97}-${number}`
  return {
    __typename: 'AuthFailureEdge',
    cursor: String(number),
    node: {
      __typename: 'AuthFailure',
      id: `tail-${number}`,
      sequence: String(1_000_000 + number),
      occurredAt: new Date().toISOString(),
      connectionKey: key,
      connection: null,
      exchange: null,
      taskKey: null,
      phase: 'RESPONSE',
      reason: 'INVALID_CLIENT',
      message: `the token endpoint answered 401 with the error invalid_client (${number})`,
      oauthError: { error: 'invalid_client', errorDescription: 'Unknown client or wrong secret.', errorUri: null },
      excerpt: null,
      httpStatus: 401,
      attempt: 1,
      retryable: false,
      remedy: { summary: 'Check Client ID and Secret Configuration.', field: 'authentication' },
      traceId: null,
    },
  }
}
