// Signing in and out. The token is sent once and then forgotten: what stays is a cookie that scripts can't read.
import { queryClient } from './queryClient'
import { fetchWithSession, post, refusal } from './request'

/** Trades a token for a session. Returns whether the server took it. */
export async function signIn(token: string): Promise<boolean> {
  const response = await post('/session', { token })
  if (response.ok) return true
  if (response.status === 401) return false
  throw refusal(response, await problemOf(response))
}

/** Ends the session on the server and in the browser. Throws when the server did not end it. */
export async function signOut(): Promise<void> {
  const response = await fetchWithSession('/session', { method: 'DELETE' })
  // A session that is over already need not be ended.
  if (!response.ok && response.status !== 401) throw refusal(response, await problemOf(response))
  await forgetSession()
}

/** Forgets what was shown to whoever was signed in. */
export async function forgetSession(): Promise<void> {
  sessionStorage.clear()
  await queryClient.resetQueries()
}

function problemOf(response: Response): Promise<{ detail?: unknown } | null> {
  return response.json().catch(() => null)
}
