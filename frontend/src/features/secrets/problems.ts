// What the server found wrong with a form about a secret, brought to its fields.

import { sourceErrors } from '@/ui/forms/secretValue'
import type { UserError } from '@/ui/forms/userErrors'
import { messageOf } from '@/ui/messageOf'

/** By field; `form` is what belongs to none. */
export type Problems = {
  source: Readonly<Record<string, string>>
  fields: Readonly<Record<string, string>>
  form: string | null
}

export const NO_PROBLEMS: Problems = { source: {}, fields: {}, form: null }

/** Sorts errors to the fields that a form has. */
export function problemsOf(errors: readonly UserError[], fields: readonly string[]): Problems {
  const { atSource, others } = sourceErrors(errors)
  const at: Record<string, string> = {}
  const rest: string[] = []
  for (const { path, message } of others) {
    const field = path.find(name => fields.includes(name))
    if (field === undefined) rest.push(message)
    else at[field] ??= message
  }
  return { source: atSource, fields: at, form: rest.length > 0 ? rest.join(' ') : null }
}

/** The same for a request that failed as a whole. */
export function problemOf(error: unknown): Problems {
  return { ...NO_PROBLEMS, form: messageOf(error) }
}
