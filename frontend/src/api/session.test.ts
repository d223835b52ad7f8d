import { beforeEach, expect, test, vi } from 'vitest'
import { signIn, signOut } from './session'

const fetched = vi.fn<typeof fetch>()

beforeEach(() => {
  fetched.mockReset()
  vi.stubGlobal('fetch', fetched)
  sessionStorage.setItem('kept', 'x')
})

test('signing out forgets what was kept', async () => {
  fetched.mockResolvedValue(new Response(null, { status: 204 }))
  await signOut()
  expect(sessionStorage.getItem('kept')).toBeNull()
})

test('a session that is over already is signed out of', async () => {
  fetched.mockResolvedValue(new Response(null, { status: 401 }))
  await signOut()
  expect(sessionStorage.getItem('kept')).toBeNull()
})

test('a session that the server did not end is a failure, and nothing is forgotten', async () => {
  fetched.mockResolvedValue(new Response('{"detail":"Try later."}', { status: 503 }))
  await expect(signOut()).rejects.toMatchObject({ name: 'ApiError', code: 'HTTP_503', message: 'Try later.' })
  fetched.mockRejectedValue(new TypeError('failed to fetch'))
  await expect(signOut()).rejects.toMatchObject({ name: 'ApiError', code: 'OFFLINE' })
  expect(sessionStorage.getItem('kept')).toBe('x')
})

test('a refused sign-in says what the server says, even over HTTP/2', async () => {
  fetched.mockResolvedValue(
    new Response('{"detail":"Not from here."}', { status: 403, headers: { 'x-request-id': 'r' } }),
  )
  await expect(signIn('t')).rejects.toMatchObject({ code: 'HTTP_403', message: 'Not from here.', requestId: 'r' })
})
