// One GraphQL request over HTTP. Deliberately absent: a cache (TanStack Query is the cache) and a token (the session cookie
// travels by itself and no script can read it).
import type { TypedDocumentString } from '@/gen/graphql'

/** The header without which the server does not look at the session cookie: no other site can make a browser send it. */
export const REQUEST_HEADER = { 'Latchkey-Request': '1' }

/** Why a request gave no data. `code` is the server's `extensions.code`, or one of ours: `OFFLINE`, `UNAUTHENTICATED`. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
  ) {
    super(message)
  }

  /** The permission that is missing, such as `list:Connection`, where that is the reason. */
  get missingPermission(): string | null {
    return this.code === 'FORBIDDEN' ? (/\b[a-z]+:[A-Z][A-Za-z]+\b/.exec(this.message)?.[0] ?? null) : null
  }
}

/**
 * What a query throws when a field below the first level came as null and was all that it asked for: such a field is null
 * when a permission is missing, without an error.
 */
export function forbidden(permission: string): ApiError {
  return new ApiError('FORBIDDEN', `this needs the permission ${permission}`)
}

type GraphQLError = { message: string; path?: readonly (string | number)[]; extensions?: { code?: string } }
/** `detail`: what a problem document says in place of an answer. */
type Answer<T> = { data?: T | null; errors?: GraphQLError[]; detail?: unknown }
/** Variables are left out where the operation has none. */
type VariablesOf<V> = V extends Record<string, never> ? [variables?: V] : [variables: V]

const listeners = new Set<() => void>()

/** Calls back whenever the server says that nobody is signed in; returns what ends that. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Says that nobody is signed in any more, however that came to be known. */
export function saySignedOut(): void {
  for (const listener of listeners) listener()
}

/**
 * Sends an operation and returns its data. A field below the first level that is refused for want of a permission is null
 * in the data; any other error is thrown as an `ApiError`.
 */
export async function request<T, V>(document: TypedDocumentString<T, V>, ...[variables]: VariablesOf<V>): Promise<T> {
  return send(document, variables, null)
}

/** The same, for a query that may be abandoned. */
export async function requestUntil<T, V>(
  signal: AbortSignal,
  document: TypedDocumentString<T, V>,
  ...[variables]: VariablesOf<V>
): Promise<T> {
  return send(document, variables, signal)
}

async function send<T, V>(
  document: TypedDocumentString<T, V>,
  variables: V | undefined,
  signal: AbortSignal | null,
): Promise<T> {
  const response = await post('/graphql', { query: document.toString(), variables }, signal)
  const requestId = response.headers.get('x-request-id')
  const answer = (await response.json().catch(() => null)) as Answer<T> | null
  if (response.status === 401) {
    saySignedOut()
    throw new ApiError('UNAUTHENTICATED', answer?.errors?.[0]?.message ?? response.statusText, requestId)
  }
  const fatal = answer?.errors?.find(error => !isHiddenDetail(error))
  if (fatal) throw new ApiError(fatal.extensions?.code ?? 'INTERNAL', fatal.message, requestId)
  if (!answer?.data) throw refusal(response, answer)
  return answer.data
}

/**
 * Why an answer is none. What the server's problem document says comes first; HTTP/2 has no `statusText`, so that without
 * one the message may be empty: see `messageOf`.
 */
export function refusal(response: Response, problem: { detail?: unknown } | null): ApiError {
  const detail = typeof problem?.detail === 'string' ? problem.detail : response.statusText
  return new ApiError(`HTTP_${response.status}`, detail, response.headers.get('x-request-id'))
}

type Refusal = { path?: readonly (string | number)[]; extensions?: { code?: unknown } }

/** Whether an error only says that a detail below the first level may not be seen: it is null in the data then. */
export function isHiddenDetail({ extensions, path }: Refusal): boolean {
  return extensions?.code === 'FORBIDDEN' && path !== undefined && path.length > 1
}

/** POSTs JSON with the session. Throws `OFFLINE` when no answer came. */
export function post(path: string, body: unknown, signal: AbortSignal | null = null): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
  return fetchWithSession(path, { method: 'POST', signal, headers, body: JSON.stringify(body) })
}

/** A request with the session. Throws `OFFLINE` when no answer came. */
export async function fetchWithSession(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, {
      ...init,
      credentials: 'same-origin',
      headers: { ...init.headers, ...REQUEST_HEADER },
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError('OFFLINE', 'The server did not answer.')
  }
}
