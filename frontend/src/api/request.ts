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

type GraphQLError = { message: string; path?: (string | number)[]; extensions?: { code?: string } }
type Answer<T> = { data?: T | null; errors?: GraphQLError[] }
/** Variables are left out where the operation has none. */
type VariablesOf<V> = V extends Record<string, never> ? [variables?: V] : [variables: V]

const listeners = new Set<() => void>()

/** Calls back whenever the server says that nobody is signed in; returns what ends that. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
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
    for (const listener of listeners) listener()
    throw new ApiError('UNAUTHENTICATED', answer?.errors?.[0]?.message ?? response.statusText, requestId)
  }
  const fatal = answer?.errors?.find(error => !isHiddenDetail(error))
  if (fatal) throw new ApiError(fatal.extensions?.code ?? 'INTERNAL', fatal.message, requestId)
  if (!answer?.data) throw new ApiError(`HTTP_${response.status}`, response.statusText, requestId)
  return answer.data
}

function isHiddenDetail({ extensions, path }: GraphQLError): boolean {
  return extensions?.code === 'FORBIDDEN' && path !== undefined && path.length > 1
}

/** POSTs JSON with the session. Throws `OFFLINE` when no answer came. */
export async function post(path: string, body: unknown, signal: AbortSignal | null = null): Promise<Response> {
  try {
    return await fetch(path, {
      method: 'POST',
      credentials: 'same-origin',
      signal,
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...REQUEST_HEADER },
      body: JSON.stringify(body),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError('OFFLINE', 'The server did not answer.')
  }
}
