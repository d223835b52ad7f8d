// The Request tab of the editor.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId, useRef } from 'react'
import { Controller, useFormContext, useWatch } from 'react-hook-form'
import { secretNamesQuery } from '@/api/secrets'
import { Mono } from '@/ui/Code'
import { Combobox } from '@/ui/forms/Combobox'
import { Field, Fieldset } from '@/ui/forms/Field'
import { TextInput } from '@/ui/forms/inputs'
import { keyOf } from '@/ui/forms/keyOf'
import { useMessageOf } from '@/ui/messageOf'
import { Panel } from '@/ui/Page'
import { Chip } from '@/ui/Status'
import { BodyFields } from '../form/BodyFields'
import { errorAt } from '../form/errors'
import { OptionsFields } from '../form/OptionsFields'
import { HeadersFields, QueryFields } from '../form/RequestTabs'
import { Target } from '../form/Target'
import { findVariables } from '../form/variables'
import type { TaskValues } from './taskInput'
import { endpointsQuery } from './taskQueries'

/** What is sent, in panels; `aside` stands below the variables. */
export function TaskFields({ isNew, aside }: { isNew: boolean; aside: ReactNode }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <Panel>
          <div className="flex flex-col gap-4">
            <Names isNew={isNew} />
            <Target />
          </div>
        </Panel>
        <Panel title={<Trans>Query</Trans>}>
          <QueryFields />
        </Panel>
        <Panel title={<Trans>Headers</Trans>}>
          <HeadersFields />
        </Panel>
        <Panel title={<Trans>Body</Trans>}>
          <BodyFields />
        </Panel>
        <Panel title={<Trans>Options</Trans>}>
          <div className="flex flex-col gap-5">
            <OptionsFields />
            <Certificate />
          </div>
        </Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Variables />
        {aside}
      </div>
    </div>
  )
}

function Names({ isNew }: { isNew: boolean }) {
  const { register, setValue, getValues, formState } = useFormContext<TaskValues>()
  const { data: endpoints } = useQuery(endpointsQuery)
  const list = useId()
  /** The Key that was made of the name; another one was typed. */
  const made = useRef('')
  const name = register('displayName')
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={<Trans>Display Name</Trans>} error={errorAt(formState.errors, 'displayName')} required>
        {props => (
          <TextInput
            {...props}
            {...name}
            onChange={event => {
              void name.onChange(event)
              if (!isNew || getValues('key') !== made.current) return
              made.current = keyOf(event.target.value)
              setValue('key', made.current)
            }}
          />
        )}
      </Field>
      <Field
        label={<Trans>Key</Trans>}
        error={errorAt(formState.errors, 'key')}
        hint={isNew && <Trans>Small letters, digits and hyphens. It can’t be changed later and is never reused.</Trans>}
        required
      >
        {props => <TextInput mono {...props} {...register('key')} readOnly={!isNew} />}
      </Field>
      <Field
        label={<Trans>Endpoint</Trans>}
        error={errorAt(formState.errors, 'endpoint')}
        hint={<Trans>Tasks of the same endpoint stand together in the list.</Trans>}
      >
        {props => (
          <>
            <TextInput {...props} {...register('endpoint')} list={list} />
            <datalist id={list}>
              {endpoints?.map(endpoint => (
                <option key={endpoint} value={endpoint} />
              ))}
            </datalist>
          </>
        )}
      </Field>
    </div>
  )
}

/** The variables, as they are typed. */
function Variables() {
  const { t } = useLingui()
  const { control } = useFormContext<TaskValues>()
  const [url, query, headers, body] = useWatch({ control, name: ['url', 'query', 'headers', 'body'] })
  const variables = findVariables({ url, query, headers, body })
  const example = '{{name}}'
  return (
    <Panel title={<Trans>Variables</Trans>}>
      <div className="flex flex-col gap-3">
        {variables.length > 0 && (
          <ul aria-label={t`Variables`} className="flex flex-wrap gap-2">
            {variables.map(({ name, standsAlone }) => (
              <li key={name}>
                <Chip tone="info">
                  <span className="font-mono">{name}</span>
                  {standsAlone && ' · JSON'}
                </Chip>
              </li>
            ))}
          </ul>
        )}
        <p className="text-sm text-muted">
          <Trans>
            Written <Mono>{example}</Mono> in the path and query of the URL, in values of the query, headers and form,
            and in the body. A run fills them in, escaped by the place they stand in.
          </Trans>
        </p>
      </div>
    </Panel>
  )
}

/** The client certificate that the request shows to the API. */
function Certificate() {
  const { control, formState } = useFormContext<TaskValues>()
  const certificate = useWatch({ control, name: 'clientCertificate' })
  return (
    <Fieldset legend={<Trans>Client certificate</Trans>}>
      <SecretPicker
        name="clientCertificate"
        label={<Trans>Secret with the certificate</Trans>}
        hint={<Trans>PEM with certificate and private key, or PKCS#12 in Base64.</Trans>}
        error={errorAt(formState.errors, 'clientCertificate')}
      />
      {certificate !== null && (
        <SecretPicker
          name="clientCertificatePassword"
          label={<Trans>Secret with its password</Trans>}
          hint={<Trans>Opens the PKCS#12.</Trans>}
          error={errorAt(formState.errors, 'clientCertificatePassword')}
        />
      )}
    </Fieldset>
  )
}

type SecretPickerProps = {
  name: 'clientCertificate' | 'clientCertificatePassword'
  label: ReactNode
  hint: ReactNode
  error: string | undefined
}

function SecretPicker({ name, label, hint, error }: SecretPickerProps) {
  const { t } = useLingui()
  const { control } = useFormContext<TaskValues>()
  const messageOf = useMessageOf()
  const secrets = useQuery(secretNamesQuery)
  const options = (secrets.data?.rows ?? []).map(({ key, displayName }) => ({
    value: key,
    label: displayName,
    detail: <span className="font-mono">{key}</span>,
  }))
  return (
    <Field
      label={label}
      hint={secrets.data?.more ? <Plural value={options.length} other="Only the first # secrets are offered." /> : hint}
      error={error}
    >
      {props => (
        <Controller
          control={control}
          name={name}
          render={({ field }) => (
            <Combobox
              {...props}
              ref={field.ref}
              value={field.value}
              onChange={field.onChange}
              onBlur={field.onBlur}
              options={options}
              pending={secrets.isPending}
              failure={secrets.error ? messageOf(secrets.error) : undefined}
              placeholder={t`None`}
            />
          )}
        />
      )}
    </Field>
  )
}
