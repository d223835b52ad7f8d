// Brings what is wrong to the fields of a request's form, and the tab that has the first of them to the front.
import { useLingui } from '@lingui/react/macro'
import { flushSync } from 'react-dom'
import type { FieldValues, Path, UseFormReturn } from 'react-hook-form'
import { showUserErrors, type UserError } from '@/ui/forms/userErrors'
import { problemText } from './errors'
import { type Problem, requestFieldOf } from './input'
import type { RequestValues } from './values'

/** An error of the API. Where a host is refused, it says which and by what rule. */
export type RequestUserError = UserError & { host?: string; rule?: string }

/** The fields that lie on each tab, by the beginnings of their names. */
export type FieldsOfTabs<T extends string> = Record<T, readonly string[]>

/** The tab on which a field lies. */
function tabOf<T extends string>(tabs: FieldsOfTabs<T>, field: string): T | null {
  const names = Object.keys(tabs) as T[]
  const isWithin = (name: string) => field === name || field.startsWith(`${name}.`)
  return names.find(tab => tabs[tab].some(isWithin)) ?? null
}

type Target<V extends FieldValues, T extends string> = {
  form: UseFormReturn<V>
  tabs: FieldsOfTabs<T>
  /** Fields that are in sight whatever tab is shown. */
  always: readonly string[]
  showTab: (tab: T) => void
}

/** What shows problems and the API's errors in a form. */
export function useRequestErrors<V extends RequestValues, T extends string>(target: Target<V, T>) {
  const { t, i18n } = useLingui()
  const { form, tabs, always, showTab } = target
  const fieldOf = (path: string): Path<V> | null => {
    const field = requestFieldOf(path, form.getValues())
    const isKnown = tabOf(tabs, field) !== null || always.includes(field)
    return isKnown ? (field as Path<V>) : null
  }
  const bringToFront = (field: string | null | undefined) => {
    const tab = field ? tabOf(tabs, field) : null
    // At once: a field that is hidden can't take the focus.
    if (tab) flushSync(() => showTab(tab))
  }
  return {
    showProblems: (problems: Problem[]) => {
      bringToFront(problems[0]?.field)
      problems.forEach((problem, index) => {
        const message = i18n._(problemText(problem))
        form.setError(problem.field as Path<V>, { type: problem.why, message }, { shouldFocus: index === 0 })
      })
    },
    /** Returns the errors that belong to no field. */
    showErrors: (errors: RequestUserError[]): UserError[] => {
      const told = errors.map(({ host, rule, ...error }) => {
        const isTold = !host || !rule || (error.message.includes(host) && error.message.includes(rule))
        return isTold ? error : { ...error, message: t`${error.message} (host ${host}, rule: ${rule})` }
      })
      const pathOf = ({ path }: UserError) => (path[0] === 'input' ? path.slice(1) : path).join('.')
      bringToFront(told.map(error => fieldOf(pathOf(error))).find(Boolean))
      return showUserErrors(told, form.setError, fieldOf)
    },
  }
}
