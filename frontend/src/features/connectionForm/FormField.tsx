// The fields of the form: a label, a control, and what the server or the form itself says is wrong.
import { Trans, useLingui } from '@lingui/react/macro'
import { createContext, type ReactNode, use } from 'react'
import { type RegisterOptions, useFormContext } from 'react-hook-form'
import { classes } from '@/ui/classes'
import { type ControlProps, Field } from '@/ui/forms/Field'
import { Checkbox, Select, TextArea, TextInput } from '@/ui/forms/inputs'
import type { FieldName } from './fields'
import type { ConnectionValues } from './values'

/** The field that a failure's remedy has named; null without one. */
export const MarkedField = createContext<FieldName | null>(null)

/** The form's values and their controls. */
export const useValues = () => useFormContext<ConnectionValues>()

type PlaceProps = { name: FieldName; className?: string; children: ReactNode }

/** Where a field is, for `reveal`, and a mark around it when a failure points there. */
export function Place({ name, className, children }: PlaceProps) {
  const marked = use(MarkedField) === name
  return (
    <div
      data-field={name}
      className={classes(marked && 'rounded-md outline-2 outline-offset-4 outline-warn', className)}
    >
      {marked && (
        <p className="mb-1 text-sm font-medium text-warn">
          <Trans>Look here first: the failure points at this field.</Trans>
        </p>
      )}
      {children}
    </div>
  )
}

type FormFieldProps = {
  name: FieldName
  label: ReactNode
  hint?: ReactNode
  /** What else may be wrong. */
  error?: string | undefined
  required?: boolean
  className?: string
  children: (control: ControlProps) => ReactNode
}

/** A field with any control. */
export function FormField({ name, label, hint, error, required, className, children }: FormFieldProps) {
  const { getFieldState, formState } = useValues()
  const wrong = getFieldState(name, formState).error?.message ?? error
  return (
    <Place name={name} {...(className && { className })}>
      <Field label={label} hint={hint} error={wrong} required={required ?? false}>
        {children}
      </Field>
    </Place>
  )
}

type Rules = Omit<RegisterOptions<ConnectionValues>, 'valueAsNumber' | 'valueAsDate' | 'setValueAs' | 'disabled'>

type TextFieldProps = Omit<FormFieldProps, 'children'> & {
  mono?: boolean
  placeholder?: string
  inputMode?: 'url' | 'numeric' | 'decimal'
  readOnly?: boolean
  rules?: Rules
  /** As lines of text. */
  rows?: number
}

/** A field of text. A required one says so itself, before the server does. */
export function TextField({ mono, placeholder, inputMode, readOnly, rules, rows, ...field }: TextFieldProps) {
  const { register } = useValues()
  const { t } = useLingui()
  const filled = (value: unknown) => (typeof value === 'string' && value.trim() !== '') || t`This is needed.`
  const registered = register(field.name, {
    ...rules,
    ...(field.required && { validate: { filled, ...(rules?.validate as object | undefined) } }),
  })
  const shared = { ...registered, mono: mono ?? false, placeholder, inputMode, readOnly }
  return (
    <FormField {...field}>
      {control =>
        rows === undefined ? <TextInput {...control} {...shared} /> : <TextArea {...control} {...shared} rows={rows} />
      }
    </FormField>
  )
}

type SelectFieldProps = Omit<FormFieldProps, 'children' | 'required'> & {
  options: Readonly<Record<string, string>>
}

/** A field with one of a few values. */
export function SelectField({ options, ...field }: SelectFieldProps) {
  const { register } = useValues()
  return (
    <FormField {...field} required>
      {control => (
        <Select {...control} {...register(field.name)}>
          {Object.entries(options).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      )}
    </FormField>
  )
}

/** Yes or no. */
export function CheckField({ name, hint, children }: { name: FieldName; hint?: ReactNode; children: ReactNode }) {
  const { register } = useValues()
  return (
    <Place name={name}>
      <Checkbox {...register(name)} hint={hint}>
        {children}
      </Checkbox>
    </Place>
  )
}

/**
 * Brings a field into sight and into focus, unfolding what hides it. Returns whether it is there.
 *
 * By the page itself and not by react-hook-form: a control inside a closed `<details>` can't be focused.
 */
export function reveal(form: HTMLElement, name: FieldName): boolean {
  const place = form.querySelector<HTMLElement>(`[data-field="${CSS.escape(name)}"]`)
  if (!place) return false
  for (let fold = place.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null) {
    fold.open = true
  }
  place.querySelector<HTMLElement>('input, select, textarea, button')?.focus({ preventScroll: true })
  place.scrollIntoView({ block: 'center' })
  return true
}
