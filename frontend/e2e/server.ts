// The binary under test, in a directory of its own that is gone afterwards.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from '@playwright/test'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The binary: `LATCHKEY_BIN`, or what `cargo build` makes. */
const binary = process.env.LATCHKEY_BIN ?? resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'debug/latchkey')

/** The demo listens this far from the server's own port (src/app/demo.rs). */
const DEMO_OFFSET = 10

/** How a server is started. */
export type Boot = {
  /** With the demo issuer, its API and the connection `demo`. */
  demo: boolean
  /** Private destinations that may be called, such as the scripted issuer's `127.0.0.1:1234`. */
  allow: string[]
}

type GraphQLAnswer<T> = { data?: T | null; errors?: { message: string }[] }

/** A running Latchkey. It keeps its port and its data over a restart. */
export class Latchkey {
  /** What it wrote to standard error. */
  log = ''
  /** The administrator's token, as it was printed at the first start. */
  token = ''
  /** The demo issuer's address; empty without one. */
  demoIssuer = ''
  private process: ChildProcess | null = null

  private constructor(
    private readonly directory: string,
    private readonly port: number,
    private readonly options: Boot,
  ) {}

  static async boot(options: Boot): Promise<Latchkey> {
    const directory = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
    for (;;) {
      const latchkey = new Latchkey(directory, await freePort(), options)
      try {
        await latchkey.start()
        return latchkey
      } catch (error) {
        // Another worker was quicker to take the port that was free a moment ago.
        if (!latchkey.log.includes('Address already in use')) throw error
      }
    }
  }

  /** The address of its pages, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Where its database and its keys are. */
  get dataDirectory(): string {
    return join(this.directory, 'latchkey-data')
  }

  /** Starts it where it was stopped. */
  async start(): Promise<void> {
    const child = spawn(binary, ['serve', ...(this.options.demo ? ['--demo'] : [])], {
      cwd: this.directory,
      // Nothing of the developer's own settings.
      env: {
        PATH: process.env.PATH,
        LATCHKEY_SERVER__LISTEN: `127.0.0.1:${this.port}`,
        LATCHKEY_SERVER__SHUTDOWN_TIMEOUT: '2s',
        LATCHKEY_EGRESS__ALLOW: this.options.allow.join(','),
        LATCHKEY_TELEMETRY__LOG__FORMAT: 'json',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process = child
    running.add(child)
    let printed = ''
    child.stdout?.on('data', text => {
      printed += text
    })
    child.stderr?.on('data', text => {
      this.log += text
    })
    child.on('error', error => {
      this.log += `${binary}: ${error.message}\n`
    })
    child.on('exit', () => running.delete(child))
    await expect
      .poll(() => this.isReady(), { timeout: 30_000, message: `${binary} is ready`, intervals: [25, 50, 100] })
      .toBe(true)
    await expect
      .poll(() => printed, { message: 'the greeting is whole' })
      .toMatch(this.options.demo ? /Demo issuer/ : /Admin/)
    this.token = /^Admin token: (\S+) \(/m.exec(printed)?.[1] ?? this.token
    this.demoIssuer = /^Demo issuer: (\S+)/m.exec(printed)?.[1] ?? ''
  }

  /** Stops it as a service manager does. */
  async stop(): Promise<void> {
    await this.end('SIGTERM')
  }

  /** Ends it from one moment to the next. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** Stops it and removes its directory. */
  async remove(): Promise<void> {
    await this.stop()
    await rm(this.directory, { recursive: true, force: true })
  }

  /** Asks the public API with the admin token. */
  async query<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.token}` },
      body: JSON.stringify({ query, variables }),
    })
    const answer = (await response.json()) as GraphQLAnswer<T>
    if (answer.errors || !answer.data) throw new Error(JSON.stringify(answer.errors ?? response.status))
    return answer.data
  }

  private async isReady(): Promise<boolean> {
    if (this.process?.exitCode != null) throw new Error(`the server ended at once:\n${this.log}`)
    return fetch(`${this.url}/readyz`).then(
      answer => answer.ok,
      () => false,
    )
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

const running = new Set<ChildProcess>()
// Whoever ends the tests by Ctrl-C leaves no server behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A port that is free, and the demo's beside it as well. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await listenOnce(0)
    if (port !== null && (await listenOnce(port + DEMO_OFFSET)) !== null) return port
  }
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise(resolve => {
    const server = createServer()
    server.on('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const taken = typeof address === 'object' && address !== null ? address.port : null
      server.close(() => resolve(taken))
    })
  })
}
