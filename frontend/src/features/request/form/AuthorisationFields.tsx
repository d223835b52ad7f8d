// The Authorisation tab: Auth Type, connection, parameter overrides.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Controller, useFormContext, useWatch } from 'react-hook-form'
import type { PickedConnectionQuery } from '@/gen/graphql'
import { connectionStates } from '@/labels/connectionState'
import { Mono } from '@/ui/Code'
import { Field, Fieldset } from '@/ui/forms/Field'
import { Checkbox, Select } from '@/ui/forms/inputs'
import { Notice } from '@/ui/Notice'
import { Fact, Facts } from '@/ui/Page'
import { Status } from '@/ui/Status'
import { ConnectionPicker, pickedConnectionQuery } from './ConnectionPicker'
import { errorAt } from './errors'
import { OverridesField } from './OverridesField'
import type { RequestValues } from './values'

/** The fields about authorisation. */
export function AuthorisationFields() {
  const { t } = useLingui()
  const { control, register, formState } = useFormContext<RequestValues>()
  const { errors } = formState
  const type = useWatch({ control, name: 'authorization.type' })
  return (
    <div className="flex flex-col gap-5">
      <Field label={<Trans>Auth Type</Trans>} error={errorAt(errors, 'authorization.type')} required>
        {props => (
          <Select {...props} {...register('authorization.type')}>
            <option value="CLIENT_CONNECTION">{t`Client connection`}</option>
            <option value="NONE">{t`None`}</option>
          </Select>
        )}
      </Field>
      {type === 'CLIENT_CONNECTION' ? (
        <>
          <Field label={<Trans>Connection</Trans>} error={errorAt(errors, 'authorization.key')} required>
            {props => (
              <Controller
                control={control}
                name="authorization.key"
                render={({ field }) => (
                  <ConnectionPicker
                    control={props}
                    value={field.value}
                    onChange={field.onChange}
                    onBlur={field.onBlur}
                    ref={field.ref}
                  />
                )}
              />
            )}
          </Field>
          <Picked />
          <Fieldset legend={<Trans>Parameter overrides</Trans>}>
            <p className="text-sm text-muted">
              <Trans>
                They take precedence over the connection’s own parameters of the same name and place. An empty value
                removes one.
              </Trans>
            </p>
            <OverridesField name="authorization.parameterOverrides" />
          </Fieldset>
          <Checkbox
            {...register('authorization.forceNewToken')}
            hint={<Trans>A cached token is not used, even if it is still good.</Trans>}
          >
            <Trans>Force a new token</Trans>
          </Checkbox>
        </>
      ) : (
        <p className="text-muted">
          <Trans>The request travels as it is, without a token.</Trans>
        </p>
      )}
    </div>
  )
}

/** What one wants to know of the chosen connection. */
function Picked() {
  const key = useWatch<RequestValues, 'authorization.key'>({ name: 'authorization.key' })
  const { data: connection } = useQuery(pickedConnectionQuery(key))
  if (key === null || connection === undefined) return null
  if (connection === null)
    return (
      <Notice tone="warn">
        <Trans>
          There is no connection with the Key <Mono>{key}</Mono> any more.
        </Trans>
      </Notice>
    )
  return (
    <div className="rounded-md bg-sunken px-3 py-2.5 text-sm">
      <Facts>
        <State connection={connection} />
        <Fact name={<Trans>Its token goes to</Trans>}>
          <Hosts connection={connection} />
        </Fact>
        {connection.parameters.length > 0 && (
          <Fact name={<Trans>Its own parameters</Trans>}>
            {connection.parameters.map(({ name, value, placement }) => (
              <div key={`${placement} ${name} ${value}`}>
                <Mono>
                  {name}={value}
                </Mono>
              </div>
            ))}
          </Fact>
        )}
      </Facts>
    </div>
  )
}

type ConnectionProps = { connection: NonNullable<PickedConnectionQuery['connection']> }

function State({ connection: { key, state, stateReason } }: ConnectionProps) {
  const { i18n } = useLingui()
  const link = (text: ReactNode) => (
    <Link to="/connections/$key" params={{ key }} className="text-accent underline">
      {text}
    </Link>
  )
  return (
    <Fact name={<Trans>State</Trans>}>
      <span className="flex flex-wrap gap-x-3">
        {state && <Status tone={connectionStates[state].tone}>{i18n._(connectionStates[state].label)}</Status>}
        {link(<Trans>Open the connection</Trans>)}
      </span>
      {stateReason && <div className="text-muted">{stateReason}</div>}
    </Fact>
  )
}

function Hosts({ connection: { baseUrl, allowedHosts } }: ConnectionProps) {
  const hosts = [...(baseUrl ? [new URL(baseUrl).host] : []), ...allowedHosts]
  if (hosts.length === 0)
    return (
      <span className="text-warn">
        <Trans>nowhere: it has no base URL and no allowed hosts</Trans>
      </span>
    )
  return <Mono>{[...new Set(hosts)].join(', ')}</Mono>
}
