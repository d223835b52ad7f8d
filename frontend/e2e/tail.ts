// A server that says what a test wants on the failures' subscription: as fast and as much as no issuer could fail.
// Everything else still reaches the real server.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { WebSocketRoute } from '@playwright/test'
import { buildSchema, type DocumentNode, execute, type GraphQLSchema, parse } from 'graphql'
import type { Page } from './latchkey'

const sdl = fileURLToPath(new URL('../../schema.graphql', import.meta.url))

type Listener = { socket: WebSocketRoute; id: string; document: DocumentNode; variables: Record<string, unknown> }

/** Stands in the template of a failure where its number goes. */
const NUMBER = '7000000007'
type Message = { type: string; id?: string; payload?: { query: string; variables?: Record<string, unknown> } }

/** A scripted tail of failures. */
export class Tail {
  private listener: Listener | null = null
  /** A failure as the page asked for it: made once, because making each costs more than the page needs to show it. */
  private template = ''
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

  /** Says that `count` more failures have happened. */
  say(count: number): void {
    for (let said = 0; said < count; said += 1) {
      this.count += 1
      this.listener?.socket.send(this.template.replaceAll(NUMBER, String(1_000_000 + this.count)))
    }
  }

  private receive(socket: WebSocketRoute, message: Message): void {
    if (message.type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }))
    if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }))
    if (message.type !== 'subscribe' || !message.payload?.query.includes('authFailures') || !message.id) return
    const { query, variables = {} } = message.payload
    this.listener = { socket, id: message.id, document: parse(query), variables }
    this.template = this.frame(this.listener, failure())
    const bookmark = { __typename: 'StreamBookmark', cursor: '1', sequence: '1', live: true }
    socket.send(this.frame(this.listener, bookmark))
  }

  private frame({ id, document, variables: variableValues }: Listener, item: object): string {
    const payload = execute({ schema: this.schema, document, rootValue: { authFailures: item }, variableValues })
    return JSON.stringify({ id, type: 'next', payload })
  }
}

function failure(): object {
  return {
    __typename: 'AuthFailureEdge',
    cursor: NUMBER,
    node: {
      __typename: 'AuthFailure',
      id: `tail-${NUMBER}`,
      sequence: NUMBER,
      occurredAt: new Date().toISOString(),
      // Each of another connection: the same one's would be one row.
      connectionKey: `tail-${NUMBER}`,
      connection: null,
      exchange: null,
      taskKey: null,
      phase: 'RESPONSE',
      reason: 'INVALID_CLIENT',
      message: `the token endpoint answered 401 with the error invalid_client (${NUMBER})`,
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
