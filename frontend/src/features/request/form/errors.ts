// Errors of the request's form: where they are, and what ours say.

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { type FieldError, type FieldErrors, get } from 'react-hook-form'
import { reservedText } from '@/ui/forms/keyOf'
import type { Problem } from './input'

/** What is wrong with a field, if something is. A list as a whole has its error at its root. */
export function errorAt(errors: FieldErrors, field: string): string | undefined {
  const error: (FieldError & { root?: FieldError }) | undefined = get(errors, field)
  return error?.root?.message ?? error?.message
}

/** How many errors lie at or below some fields. */
export function countErrors(errors: FieldErrors, fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + countWithin(get(errors, field)), 0)
}

function countWithin(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0
  if ('type' in error && 'message' in error && typeof error.type !== 'object') return 1
  return Object.entries(error).reduce((sum, [name, part]) => sum + (name === 'ref' ? 0 : countWithin(part)), 0)
}

/** What is said about what can't be sent. */
export function problemText({ why, detail }: Problem): MessageDescriptor {
  switch (why) {
    case 'RESERVED_KEY':
      return reservedText
    case 'NO_CONNECTION':
      return msg`Choose a connection, or the Auth Type None.`
    case 'INVALID_JSON':
      return msg`This is not JSON: ${detail}`
    case 'INEXACT_NUMBER':
      return msg`The number ${detail} would not arrive as it is. Give the body as text with the header Content-Type: application/json.`
    case 'VARIABLE_OUTSIDE_QUOTES':
      return msg`A variable outside quotation marks stands for any JSON value. That needs a body given as text with the header Content-Type: application/json.`
    case 'NO_DURATION':
      return msg`This is not a number of seconds.`
  }
}
