// What the server refuses, brought to where it can be mended.
import { type RefObject, useCallback, useState } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import type { ConnectionFormFragment, ConnectionUserErrorFragment } from '@/gen/graphql'
import { reveal } from './FormField'
import { fieldOf } from './fields'
import type { ConnectionValues } from './values'

/** What belongs to no field. */
export type Problems = {
  /** Said at the end of the form. */
  messages: string[]
  /** The secret's current value is needed: why, and by which fields. */
  confirmation: { message: string; fields: string[] } | null
}

const NONE: Problems = { messages: [], confirmation: null }

/** Shows user errors at their fields, and keeps what belongs to none of them. */
export function useProblems(form: UseFormReturn<ConnectionValues>, element: RefObject<HTMLFormElement | null>) {
  const [problems, setProblems] = useState<Problems>(NONE)
  const { setError, clearErrors, getValues } = form

  /** What was asked for stays, and what was typed into it: the next request needs it. */
  const clear = useCallback(() => {
    clearErrors()
    setProblems(({ confirmation }) => ({ messages: [], confirmation }))
  }, [clearErrors])

  /** Returns the connection as it is now, when somebody else has changed it meanwhile. */
  const show = useCallback(
    (errors: readonly ConnectionUserErrorFragment[]): ConnectionFormFragment | null => {
      const messages: string[] = []
      let confirmation: Problems['confirmation'] = null
      let first: ReturnType<typeof fieldOf> = null
      let current: ConnectionFormFragment | null = null
      for (const error of errors) {
        const field = fieldOf(error.path.join('.'), getValues())
        if (error.__typename === 'VersionConflict' && error.current) current = error.current
        else if (error.__typename === 'ConfirmationRequired') {
          confirmation = { message: error.message, fields: error.fields }
        } else if (field === null) messages.push(error.message)
        else {
          setError(field, { type: error.code, message: error.message })
          first ??= field
        }
      }
      setProblems(before => ({ messages, confirmation: confirmation ?? before.confirmation }))
      if (first !== null && element.current) reveal(element.current, first)
      return current
    },
    [element, getValues, setError],
  )
  const say = useCallback((message: string) => setProblems(before => ({ ...before, messages: [message] })), [])
  const forget = useCallback(() => setProblems(NONE), [])
  return { problems, clear, show, say, forget }
}
