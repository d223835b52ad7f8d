// What an error says to whoever reads the page. The server's sentences are shown as they are; ours are translated.
import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react'
import { ApiError } from '@/api/request'

/** The errors that are made here, by their codes. */
const ours = new Map<string, MessageDescriptor>([
  ['OFFLINE', msg`The server did not answer.`],
  ['NO_EVENT', msg`There is no event at this position.`],
])

/** The sentence of an error at this moment: for what is said once. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
  const known = ours.get(error.code)
  if (known) return i18n._(known)
  const status = /^HTTP_(\d+)$/.exec(error.code)?.[1]
  // HTTP/2 knows the number alone.
  if (error.message === '' && status) return i18n._(msg`The server answered with the status ${status}.`)
  return error.message || error.code
}

/** The same for what is shown: it follows the language. */
export function useMessageOf(): typeof messageOf {
  useLingui()
  return messageOf
}
