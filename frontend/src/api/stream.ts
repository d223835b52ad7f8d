// Subscriptions that survive a lost connection without a gap.
//
// graphql-ws is told not to retry: repeating the same subscription would start again where the first one started, or
// "now", and lose what happened in between. Each new attempt here starts behind the last cursor that was seen.
import { type Client, createClient } from 'graphql-ws'
import type { TypedDocumentString } from '@/gen/graphql'
import { isHiddenDetail, saySignedOut } from './request'

/** `StreamStartInput` of the schema: exactly one of the fields. */
export type StreamStart = { after: string } | { sequence: string } | { time: string } | { earliest: true }

/** Where a stream is. `since` is when that became so (milliseconds). */
export type StreamStatus =
  | { phase: 'connecting'; since: number }
  /** Everything that was there has been said. `resumed`: for the first time after the connection had been lost. */
  | { phase: 'live'; since: number; resumed: boolean }
  | { phase: 'lost'; since: number; attempt: number }
  | { phase: 'refused'; since: number; message: string }

type Edge = { __typename: string; cursor: string }
type Bookmark = { __typename: 'StreamBookmark'; cursor: string; live: boolean }
/** Something that could not be said. */
export type Gap = { __typename: 'StreamGap'; cursor: string; missed: string | null; reason: string }

/** What a stream tells whoever reads it. */
export type StreamHandlers<E extends Edge> = {
  /** One entry. `resumed` is true for the first one after the connection had been lost. */
  onEdge: (edge: E, resumed: boolean) => void
  onStatus: (status: StreamStatus) => void
  /** Something was missed that the server no longer has. */
  onGap?: (gap: Gap) => void
  /** The stream has come so far: whoever starts behind this misses nothing and gets nothing twice. */
  onCursor?: (cursor: string) => void
}

/** A subscription whose variables have `from`, and what else it takes. */
export type StreamSource<T, V> = {
  document: TypedDocumentString<T, V>
  variables: Omit<V, 'from'>
  /** Where to start the first time; now when null. */
  from: StreamStart | null
  /** The one field of the subscription's data. */
  select: (data: T) => Edge | Bookmark | Gap | null | undefined
}

const DELAYS_MS = [250, 500, 1_000, 2_000, 5_000, 10_000]

/** The server closes with this code when the session is over. */
const SESSION_OVER = 4403

/** An open connection that answers no ping within this time is a dead one, as after a laptop's sleep. */
const PONG_TIMEOUT_MS = 5_000

const url = () => `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}/graphql`

let pongTimer: ReturnType<typeof setTimeout> | undefined

/** One socket for all streams of a page. */
export const streamClient: Client = createClient({
  url,
  retryAttempts: 0,
  lazyCloseTimeout: 1_000,
  keepAlive: 10_000,
  on: {
    ping: received => {
      if (!received) pongTimer = setTimeout(() => streamClient.terminate(), PONG_TIMEOUT_MS)
    },
    pong: received => {
      if (received) clearTimeout(pongTimer)
    },
    closed: () => clearTimeout(pongTimer),
  },
})

/** Opens a stream, and again whenever it breaks; returns what closes it. */
export function openStream<T, V, E extends Edge>(source: StreamSource<T, V>, handlers: StreamHandlers<E>): () => void {
  let from = source.from
  let attempt = 0
  let lostAt: number | null = null
  // A loss before anything was said, of a stream that starts now, leaves a hole: only a known place can be resumed at.
  let resuming = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false
  let close = () => {}

  const report = (status: StreamStatus) => {
    if (!closed) handlers.onStatus(status)
  }

  const refuse = (message: string) => report({ phase: 'refused', since: Date.now(), message })

  const lose = () => {
    if (closed) return
    lostAt ??= Date.now()
    resuming = from !== null
    report({ phase: 'lost', since: lostAt, attempt })
    timer = setTimeout(connect, DELAYS_MS[Math.min(attempt, DELAYS_MS.length - 1)])
    attempt += 1
  }

  const receive = (item: Edge | Bookmark | Gap | null | undefined) => {
    if (!item || closed) return
    from = { after: item.cursor }
    attempt = 0
    handlers.onCursor?.(item.cursor)
    if (item.__typename === 'StreamBookmark') {
      if ((item as Bookmark).live) {
        report({ phase: 'live', since: Date.now(), resumed: resuming })
        lostAt = null
        resuming = false
      }
    } else if (item.__typename === 'StreamGap') {
      handlers.onGap?.(item as Gap)
    } else {
      handlers.onEdge(item as E, resuming && lostAt !== null)
      lostAt = null
    }
  }

  const connect = () => {
    report(lostAt === null ? { phase: 'connecting', since: Date.now() } : { phase: 'lost', since: lostAt, attempt })
    close = streamClient.subscribe<T>(
      { query: source.document.toString(), variables: { ...source.variables, from } },
      {
        next: ({ data, errors }) => {
          const fatal = errors?.find(error => !isHiddenDetail(error))
          if (fatal) refuse(fatal.message)
          else if (data) receive(source.select(data))
        },
        error: error => {
          // A list of GraphQL errors is an answer: asking again would get it again.
          if (Array.isArray(error)) refuse(error[0]?.message ?? '')
          else if (isSessionOver(error)) {
            refuse(error.reason ?? '')
            saySignedOut()
          } else lose()
        },
        complete: lose,
      },
    )
  }

  connect()
  return () => {
    closed = true
    clearTimeout(timer)
    close()
  }
}

function isSessionOver(error: unknown): error is { code: number; reason?: string } {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === SESSION_OVER
}
