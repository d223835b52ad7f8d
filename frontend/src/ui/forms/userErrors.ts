// The server's answers to wrong input, brought to the fields of a form.
import type { FieldValues, Path, UseFormSetError } from 'react-hook-form'

/** `UserError` of the schema. `path` goes from `input` to the field: `["input", "authentication", "clientSecret", "secret"]`. */
export type UserError = { __typename: string; message: string; code: string; path: string[] }

/**
 * Puts each error at the field that `fieldOf` names for its path without `input`, joined by dots, and focuses the first.
 * Returns the errors that belong to no field: the form shows them at its end.
 */
export function showUserErrors<T extends FieldValues>(
  errors: UserError[],
  setError: UseFormSetError<T>,
  fieldOf: (path: string) => Path<T> | null,
): UserError[] {
  let focused = false
  return errors.filter(error => {
    const path = error.path[0] === 'input' ? error.path.slice(1) : error.path
    const field = fieldOf(path.join('.'))
    if (field === null) return true
    setError(field, { type: error.code, message: error.message }, { shouldFocus: !focused })
    focused = true
    return false
  })
}
