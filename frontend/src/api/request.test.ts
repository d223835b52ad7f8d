import { beforeEach, expect, test, vi } from 'vitest'
import { TypedDocumentString } from '@/gen/graphql'
import { ApiError, forbidden, onSignedOut, request } from './request'

const document = new TypedDocumentString('query { a }') as unknown as TypedDocumentString<
  { a: number | null },
  { key: string }
>

const fetched = vi.fn<typeof fetch>()

function answer(body: unknown, status = 200) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  fetched.mockResolvedValue(new Response(text, { status, headers: { 'x-request-id': 'r-1' } }))
}

async function failure(): Promise<ApiError> {
  const error = await request(document, { key: 'k' }).catch((reason: unknown) => reason)
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, got ${String(error)}`)
  return error
}

beforeEach(() => {
  fetched.mockReset()
  vi.stubGlobal('fetch', fetched)
})

test('the request carries the header that the session needs, and no token', async () => {
  answer({ data: { a: 1 } })
  await expect(request(document, { key: 'k' })).resolves.toEqual({ a: 1 })
  const [path, init] = fetched.mock.calls[0] ?? []
  expect(path).toBe('/graphql')
  expect(init).toMatchObject({ method: 'POST', credentials: 'same-origin' })
  expect(init?.headers).toMatchObject({ 'Latchkey-Request': '1', 'Content-Type': 'application/json' })
  expect(init?.headers).not.toHaveProperty('Authorization')
  expect(JSON.parse(String(init?.body))).toEqual({ query: 'query { a }', variables: { key: 'k' } })
})

test('an error of a root field is thrown with its code and the request id', async () => {
  answer({ data: { a: null }, errors: [{ message: 'Try again.', path: ['a'], extensions: { code: 'BUSY' } }] })
  expect(await failure()).toMatchObject({ code: 'BUSY', message: 'Try again.', requestId: 'r-1' })
})

test('a refused root field names the permission', async () => {
  const message = 'This needs the permission list:Connection.'
  answer({ data: { a: null }, errors: [{ message, path: ['a'], extensions: { code: 'FORBIDDEN' } }] })
  expect((await failure()).missingPermission).toBe('list:Connection')
})

test('a refused detail below is null, and no failure', async () => {
  const message = 'This needs the permission view:Secret.'
  answer({ data: { a: 1 }, errors: [{ message, path: ['a', 'b'], extensions: { code: 'FORBIDDEN' } }] })
  await expect(request(document, { key: 'k' })).resolves.toEqual({ a: 1 })
})

test('a failed detail below is a failure', async () => {
  answer({ data: { a: 1 }, errors: [{ message: 'No.', path: ['a', 'b'], extensions: { code: 'UNAVAILABLE' } }] })
  expect((await failure()).code).toBe('UNAVAILABLE')
})

test('a 401 is told to whoever listens', async () => {
  const listener = vi.fn()
  const stop = onSignedOut(listener)
  answer({ errors: [{ message: 'Sign in.' }] }, 401)
  expect((await failure()).code).toBe('UNAUTHENTICATED')
  stop()
  answer({ errors: [{ message: 'Sign in.' }] }, 401)
  await failure()
  expect(listener).toHaveBeenCalledTimes(1)
})

test('an answer that is no JSON has the status as its code', async () => {
  answer('<html>', 502)
  expect((await failure()).code).toBe('HTTP_502')
})

test('no answer is OFFLINE, and an abandoned request is not', async () => {
  fetched.mockRejectedValue(new TypeError('failed to fetch'))
  expect((await failure()).code).toBe('OFFLINE')
  fetched.mockRejectedValue(new DOMException('gone', 'AbortError'))
  await expect(request(document, { key: 'k' })).rejects.toMatchObject({ name: 'AbortError' })
})

test('a refusal that came as null names its permission like any other', () => {
  expect(forbidden('list:AuditEvent')).toMatchObject({ code: 'FORBIDDEN', missingPermission: 'list:AuditEvent' })
})
