import { type ComponentProps, useId } from 'react'
import { TextInput } from '@/ui/forms/inputs'

/** A control in a row of controls: its name is heard and stands in it while it is empty. */
export function CellInput({
  label,
  error,
  ...rest
}: ComponentProps<'input'> & { label: string; error: string | undefined }) {
  const id = useId()
  return (
    <div className="min-w-0">
      <TextInput
        mono
        placeholder={label}
        aria-label={label}
        {...(error && { 'aria-invalid': true, 'aria-describedby': id })}
        {...rest}
      />
      {error && (
        <p id={id} className="mt-1 text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  )
}
