// The options of a request.
import { Trans } from '@lingui/react/macro'
import { useFormContext, useWatch } from 'react-hook-form'
import { Field } from '@/ui/forms/Field'
import { Checkbox, TextInput } from '@/ui/forms/inputs'
import { errorAt } from './errors'
import type { RequestValues } from './values'

/** Timeout, redirects, and Retry external requests on failure. */
export function OptionsFields() {
  const { control, register, formState } = useFormContext<RequestValues>()
  const retryOnFailure = useWatch({ control, name: 'retryOnFailure' })
  return (
    <div className="flex flex-col gap-5">
      <Field
        label={<Trans>Timeout in seconds</Trans>}
        error={errorAt(formState.errors, 'timeout')}
        hint={<Trans>For everything: token, retries, answer. Left empty: 30, and 300 with retries. At most 300.</Trans>}
      >
        {props => <TextInput {...props} inputMode="decimal" {...register('timeout')} className="max-w-40" />}
      </Field>
      <Checkbox {...register('followRedirects')}>
        <Trans>Follow redirects</Trans>
      </Checkbox>
      <Checkbox
        {...register('retryOnFailure')}
        hint={
          <Trans>
            Up to 5 times after network failures and the statuses 408, 429, 502, 503 and 504, while the timeout leaves
            room. Never after an authentication failure. POST and PATCH only with an Idempotency-Key header.
          </Trans>
        }
      >
        <Trans>Retry external requests on failure</Trans>
      </Checkbox>
      <div className="ms-6">
        <Checkbox
          {...register('retryNonIdempotent')}
          disabled={!retryOnFailure}
          hint={<Trans>The API may do what is asked twice.</Trans>}
        >
          <Trans>Also retry POST and PATCH without an Idempotency-Key header</Trans>
        </Checkbox>
      </div>
    </div>
  )
}
