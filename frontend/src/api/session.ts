// Signing in and out. The token is sent once and then forgotten: what stays is a cookie that scripts can't read.
import { queryClient } from './queryClient'
import { ApiError, post, REQUEST_HEADER } from './request'

/** Trades a token for a session. Returns whether the server took it. */
export async function signIn(token: string): Promise<boolean> {
  const response = await post('/session', { token })
  if (response.ok) return true
  if (response.status === 401) return false
  throw new ApiError(`HTTP_${response.status}`, response.statusText, response.headers.get('x-request-id'))
}

/** Ends the session on the server and in the browser, and forgets what was shown to whoever was signed in. */
export async function signOut(): Promise<void> {
  await fetch('/session', { method: 'DELETE', credentials: 'same-origin', headers: REQUEST_HEADER })
  sessionStorage.clear()
  await queryClient.resetQueries()
}
