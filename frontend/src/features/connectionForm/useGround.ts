// The form's values, the saved connection that they started from, and what others have saved since.
import { type RefObject, useEffect, useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import type { ConnectionFormFragment } from '@/gen/graphql'
import { messageOf } from '@/ui/messageOf'
import { reveal } from './FormField'
import type { FieldName } from './fields'
import { type Merge, merge, withField } from './merge'
import type { NewSecretHandle } from './NewSecret'
import { useProblems } from './useProblems'
import { type ConnectionValues, EMPTY, valuesOf } from './values'

/** What others have saved since the form was opened. */
type Others = { merged: Merge; current: ConnectionFormFragment }

export type Options = {
  /** The saved connection; null for a new one. */
  connection: ConnectionFormFragment | null
  element: RefObject<HTMLFormElement | null>
  pendingSecret: RefObject<NewSecretHandle | null>
}

export type Ground = ReturnType<typeof useGround>

/** What saving and testing stand on. */
export function useGround({ connection, element, pendingSecret }: Options) {
  const [base, setBase] = useState(connection)
  const [others, setOthers] = useState<Others | null>(null)
  const confirmation = useRef<HTMLTextAreaElement>(null)
  const defaultValues = connection ? valuesOf(connection) : EMPTY
  const form = useForm<ConnectionValues>({ defaultValues, shouldFocusError: false })
  const { problems, clear, show, say, forget } = useProblems(form, element)

  /** Takes what the server has as the new ground, and keeps on it what was typed here. */
  const rebase = (current: ConnectionFormFragment): Merge => {
    const theirs = valuesOf(current)
    const merged = merge(base ? valuesOf(base) : EMPTY, form.getValues(), theirs)
    setBase(current)
    form.reset(theirs)
    form.reset(merged.values, { keepDefaultValues: true })
    return merged
  }

  // Another's change, or one's own in the page's head, arrives with a refresh.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new version counts
  useEffect(() => {
    if (!connection || !base || connection.version <= base.version) return
    const merged = rebase(connection)
    if (merged.conflicts.length > 0) setOthers({ merged, current: connection })
  }, [connection?.version])

  const settle = (path: string) =>
    setOthers(now => {
      if (!now) return null
      const conflicts = now.merged.conflicts.filter(conflict => conflict.path !== path)
      return { ...now, merged: { ...now.merged, conflicts } }
    })
  return {
    form,
    base,
    setBase,
    rebase,
    others,
    setOthers,
    problems,
    clear,
    show,
    confirmation,
    /** Nothing is wrong any more, and the secret's value is dropped. */
    forget,
    /** The secret's current value, where it was asked for and typed. */
    confirmed: () => confirmation.current?.value || null,
    /** Checks the form, and stores the secret that was typed into it; says whether all is well. */
    prepare: async (): Promise<boolean> => {
      clear()
      let errors: object = {}
      await form.handleSubmit(
        () => {},
        found => {
          errors = found
        },
      )()
      const [wrong] = wrongFields(errors).filter(name => !(pendingSecret.current && name === 'authentication.secret'))
      if (wrong === undefined) return pendingSecret.current ? pendingSecret.current.store() : true
      if (element.current) reveal(element.current, wrong)
      return false
    },
    /** Does something, and says at the end of the form why it could not be done. */
    attempt: async (action: () => Promise<void>) => {
      try {
        await action()
      } catch (error) {
        say(messageOf(error))
      }
    },
    takeTheirs: (path: string, theirs: unknown) => {
      form.reset(withField(form.getValues(), path, theirs), { keepDefaultValues: true })
      settle(path)
    },
    keepMine: settle,
  }
}

/** Names of the fields that are wrong, in their order. */
function wrongFields(errors: object, prefix = ''): FieldName[] {
  return Object.entries(errors).flatMap(([name, error]) => {
    if (typeof error !== 'object' || error === null) return []
    if ('type' in error && typeof error.type === 'string') return [`${prefix}${name}` as FieldName]
    return wrongFields(error, `${prefix}${name}.`)
  })
}
