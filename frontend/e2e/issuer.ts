// An issuer and an API that do as a test says. What they hand out is known, so that a test can look for it everywhere.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** Every access token of this issuer is this and a number. */
export const TOKEN_PREFIX = 'e2e-access-token-that-nobody-may-see-'

type Answer = { status: number; body: unknown }

/** What a client gets at the token endpoint. */
export type Script = {
  /** Its client secret; any other gets `invalid_client`. */
  secret?: string
  /** What it gets instead of a token. */
  refusal?: Answer
}

/** A scripted issuer with an API that takes its tokens. */
export class Issuer {
  private readonly scripts = new Map<string, Script>()
  private readonly tokens = new Set<string>()

  private constructor(
    private readonly server: Server,
    /** `127.0.0.1:1234` */
    readonly host: string,
  ) {}

  static async start(): Promise<Issuer> {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the issuer has no address')
    const issuer = new Issuer(server, `127.0.0.1:${address.port}`)
    server.on('request', (request, response) => void issuer.answer(request, response))
    return issuer
  }

  get tokenUrl(): string {
    return `http://${this.host}/token`
  }

  /** The API: `/api/ok` and the like answer with their path; `/api/status/503` with that status. */
  api(path: string): string {
    return `http://${this.host}/api/${path}`
  }

  /** Decides what a client gets from now on. */
  script(clientId: string, script: Script): void {
    this.scripts.set(clientId, script)
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise(resolve => this.server.close(resolve))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const part of request) body += part
    const path = request.url ?? '/'
    const { status, body: content } = path.startsWith('/token')
      ? this.grant(request.headers.authorization, new URLSearchParams(body))
      : this.protected(path, request.headers.authorization)
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify(content))
  }

  private grant(authorization: string | undefined, form: URLSearchParams): Answer {
    const [id, secret] = clientOf(authorization, form)
    const script = this.scripts.get(id) ?? {}
    if (script.refusal) return script.refusal
    if (script.secret !== undefined && script.secret !== secret)
      return { status: 401, body: { error: 'invalid_client', error_description: 'Unknown client or wrong secret.' } }
    const token = `${TOKEN_PREFIX}${this.tokens.size + 1}`
    this.tokens.add(token)
    return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: 3_600, scope: 'read' } }
  }

  private protected(path: string, authorization: string | undefined): Answer {
    if (!this.tokens.has(authorization?.replace(/^Bearer /, '') ?? ''))
      return { status: 401, body: { error: 'invalid_token' } }
    const status = Number(/\/status\/(\d{3})/.exec(path)?.[1] ?? 200)
    return { status, body: { path, message: 'Hello.' } }
  }
}

function clientOf(authorization: string | undefined, form: URLSearchParams): [string, string] {
  if (!authorization?.startsWith('Basic ')) return [form.get('client_id') ?? '', form.get('client_secret') ?? '']
  const [id = '', secret = ''] = Buffer.from(authorization.slice(6), 'base64').toString().split(':')
  return [formDecode(id), formDecode(secret)]
}

/** RFC 6749 section 2.3.1 has both parts encoded as a form's. */
function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
