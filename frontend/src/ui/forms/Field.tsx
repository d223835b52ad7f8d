// One field of a form: label, control, hint and error, tied together for everybody.
import { Trans } from '@lingui/react/macro'
import { type ReactNode, useId } from 'react'

/** What the control must be given. */
export type ControlProps = {
  id: string
  'aria-describedby'?: string
  'aria-invalid'?: true
  'aria-required'?: true
}

type FieldProps = {
  label: ReactNode
  /** One sentence that helps to fill it in. */
  hint?: ReactNode
  /** What is wrong with it. */
  error?: string | undefined
  required?: boolean
  children: (control: ControlProps) => ReactNode
}

/** A field. The control takes the props it is called with. */
export function Field({ label, hint, error, required, children }: FieldProps) {
  const id = useId()
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
        {!required && (
          <>
            {/* The space is heard. */}{' '}
            <span className="ms-1 text-sm font-normal text-muted">
              <Trans>optional</Trans>
            </span>
          </>
        )}
      </label>
      {children({
        id,
        ...(described && { 'aria-describedby': described }),
        ...(error && { 'aria-invalid': true }),
        ...(required && { 'aria-required': true }),
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  )
}

/** Fields that belong together, under one name. */
export function Fieldset({ legend, children }: { legend: ReactNode; children: ReactNode }) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-2 font-medium">{legend}</legend>
      <div className="flex flex-col gap-4">{children}</div>
    </fieldset>
  )
}
