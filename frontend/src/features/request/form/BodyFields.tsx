// The body of a request, in one of five ways.
import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { Button } from '@/ui/Button'
import { Field, Fieldset } from '@/ui/forms/Field'
import { TextArea } from '@/ui/forms/inputs'
import { prettyJson } from '../json'
import { errorAt } from './errors'
import { FileField } from './FileField'
import { PairsField } from './PairsField'
import type { BodyKind, RequestValues } from './values'

/** The kind of the body, and its field. */
export function BodyFields() {
  const { t } = useLingui()
  const { control, register, formState } = useFormContext<RequestValues>()
  const kind = useWatch({ control, name: 'body.kind' })
  const { errors } = formState
  const kinds: [BodyKind, ReactNode][] = [
    ['none', <Trans key="none">None</Trans>],
    ['text', <Trans key="text">Text</Trans>],
    ['json', 'JSON'],
    ['form', <Trans key="form">Form</Trans>],
    ['base64', 'Base64'],
  ]
  const kindError = errorAt(errors, 'body.kind')
  return (
    <div className="flex flex-col gap-4">
      <Fieldset legend={<Trans>Kind of body</Trans>}>
        <div className="flex flex-wrap gap-x-5 gap-y-1">
          {kinds.map(([value, label]) => (
            <label key={value} className="flex min-h-6 items-center gap-2">
              <input type="radio" value={value} className="size-4 accent-accent" {...register('body.kind')} />
              {label}
            </label>
          ))}
        </div>
        {kindError && (
          <p role="alert" className="text-sm text-bad">
            {kindError}
          </p>
        )}
      </Fieldset>
      {kind === 'text' && (
        <Field label={<Trans>Text</Trans>} error={errorAt(errors, 'body.text')} required>
          {props => <TextArea mono rows={10} {...props} {...register('body.text')} />}
        </Field>
      )}
      {kind === 'json' && <JsonField />}
      {kind === 'form' && (
        <PairsField name="body.form" label={t`Pairs of the form`} addLabel={<Trans>Add a pair</Trans>} />
      )}
      {kind === 'base64' && <FileField />}
    </div>
  )
}

function JsonField() {
  const { register, getValues, setValue, formState } = useFormContext<RequestValues>()
  const { errors } = formState
  const layOut = () => {
    const pretty = prettyJson(getValues('body.json'))
    if (pretty !== null) setValue('body.json', pretty, { shouldDirty: true })
  }
  const type = errors.body?.json?.type
  const asText = () => {
    const { headers, body } = getValues()
    setValue('body.text', body.json, { shouldDirty: true })
    setValue('body.kind', 'text', { shouldDirty: true })
    if (!headers.some(({ name }) => name.trim().toLowerCase() === 'content-type'))
      setValue('headers', [...headers, { name: 'Content-Type', value: 'application/json' }], { shouldDirty: true })
  }
  return (
    <>
      <Field label="JSON" error={errorAt(errors, 'body.json')} required>
        {props => <TextArea mono rows={10} {...props} {...register('body.json')} />}
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button onClick={layOut}>
          <Trans>Format</Trans>
        </Button>
        {(type === 'VARIABLE_OUTSIDE_QUOTES' || type === 'INEXACT_NUMBER') && (
          <Button onClick={asText}>
            <Trans>Give it as text with this header</Trans>
          </Button>
        )}
      </div>
    </>
  )
}
