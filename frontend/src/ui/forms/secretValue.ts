// What can be said of a secret's value without looking into it.
import { base64Of } from '../base64'

/** `SecretSourceInput` of the schema: exactly one of the fields. */
export type SecretSourceInput = { value: string } | { pkcs12: { content: string; password?: string } }

/** How a value is given. */
export type SecretForm = 'line' | 'lines' | 'pkcs12'

/** Largest file that is taken: a certificate with its chain and its key needs a few kilobytes. */
export const FILE_BYTES_MAX = 262_144

/** Whether a text would be another one without its line ends. Those at its ends do not count. */
export function severalLines(text: string): boolean {
  return /[\r\n]/.test(text.trim())
}

/** The file in base64, or why there is none. */
export async function base64OfFile(
  file: File | undefined,
): Promise<{ ok: true; base64: string } | { ok: false; problem: 'none' | 'large' | 'unreadable' }> {
  if (!file || file.size === 0) return { ok: false, problem: 'none' }
  if (file.size > FILE_BYTES_MAX) return { ok: false, problem: 'large' }
  try {
    return { ok: true, base64: base64Of(new Uint8Array(await file.arrayBuffer())) }
  } catch {
    // The file was moved or changed since it was chosen.
    return { ok: false, problem: 'unreadable' }
  }
}

/** The errors that lie below `source` of the input, by their path from there; the others are left. */
export function sourceErrors<E extends { message: string; path: readonly string[] }>(
  errors: readonly E[],
): { atSource: Record<string, string>; others: E[] } {
  const atSource: Record<string, string> = {}
  const others = errors.filter(error => {
    const path = error.path[0] === 'input' ? error.path.slice(1) : error.path
    if (path[0] !== 'source') return true
    // The value as a whole is at fault where no part of it is named.
    atSource[path.slice(1).join('.') || 'value'] ??= error.message
    return false
  })
  return { atSource, others }
}
