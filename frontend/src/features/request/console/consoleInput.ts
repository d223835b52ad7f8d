// Between the console's form, the input of `executeHttpRequest`, and exchanges of the past.
import type { ExchangeDetailsFragment, ExecuteHttpRequestInput } from '@/gen/graphql'
import { requestInput } from '../form/input'
import { emptyRequest, methods, type RequestValues } from '../form/values'

/** A request as the console's form holds it. */
export type ConsoleValues = RequestValues & { idempotencyKey: string }

/** A console in which nothing has been typed yet. */
export function emptyConsole(): ConsoleValues {
  return { ...emptyRequest(), idempotencyKey: '' }
}

/** The input of a form without problems. */
export function executeInput(values: ConsoleValues): ExecuteHttpRequestInput {
  return { ...requestInput(values), idempotencyKey: values.idempotencyKey.trim() || null }
}

/**
 * The form for the same request once more. The record has no query, no values of headers, no body and no parameter
 * overrides: they have to be typed again.
 */
export function valuesOfExchange({ request, connectionKey }: ExchangeDetailsFragment): ConsoleValues {
  const empty = emptyConsole()
  return {
    ...empty,
    method: methods.find(method => method === request.method) ?? 'GET',
    url: request.url,
    headers: request.headers.map(({ name, value }) => ({ name, value: value ?? '' })),
    authorization: {
      ...empty.authorization,
      type: connectionKey === null ? 'NONE' : 'CLIENT_CONNECTION',
      key: connectionKey,
    },
  }
}

/** A fresh idempotency key. Not `randomUUID`: that is there only on pages that came over TLS. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
