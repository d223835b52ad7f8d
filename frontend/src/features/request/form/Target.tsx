// Method and URL, side by side.
import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { useFormContext } from 'react-hook-form'
import { classes } from '@/ui/classes'
import { Field } from '@/ui/forms/Field'
import { Select, TextInput } from '@/ui/forms/inputs'
import { errorAt } from './errors'
import { methods, type RequestValues } from './values'

/** What is asked of whom; `action` stands at the end of the line. */
export function Target({ hint, action }: { hint?: ReactNode; action?: ReactNode }) {
  const { t } = useLingui()
  const { register, formState } = useFormContext<RequestValues>()
  const { errors } = formState
  return (
    <div className={classes('grid grid-cols-[7rem_1fr] gap-2', Boolean(action) && 'sm:grid-cols-[7rem_1fr_auto]')}>
      <Field label={<Trans>Method</Trans>} error={errorAt(errors, 'method')} required>
        {props => (
          <Select {...props} {...register('method')} className="font-mono">
            {methods.map(method => (
              <option key={method}>{method}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="URL" error={errorAt(errors, 'url')} hint={hint} required>
        {props => (
          <TextInput
            mono
            {...props}
            {...register('url')}
            inputMode="url"
            placeholder={t({ message: 'https://api.example.com/orders', comment: 'An example of a URL' })}
          />
        )}
      </Field>
      {action && <div className="max-sm:col-span-2 sm:pt-[1.625rem]">{action}</div>}
    </div>
  )
}
