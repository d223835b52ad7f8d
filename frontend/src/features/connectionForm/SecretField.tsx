// The stored secret: chosen among those that there are, or stored here and now.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Controller } from 'react-hook-form'
import { ApiError } from '@/api/request'
import { secretNamesQuery } from '@/api/secrets'
import { useMissing } from '@/api/viewer'
import { Button } from '@/ui/Button'
import { Combobox } from '@/ui/forms/Combobox'
import { useMessageOf } from '@/ui/messageOf'
import { FormField, TextField, useValues } from './FormField'
import { NewSecret } from './NewSecret'
import type { AuthenticationKind } from './values'

type SecretFieldProps = { kind: Exclude<AuthenticationKind, 'none'>; kindLabel: string }

/** The picker, or the fields of a new secret. */
export function SecretField({ kind, kindLabel }: SecretFieldProps) {
  const { t } = useLingui()
  const queries = useQueryClient()
  const { control, setValue, getValues, setFocus } = useValues()
  const missing = useMissing('create:Secret')
  const [creating, setCreating] = useState<{ key: string } | null>(null)
  const wasCreating = useRef(false)
  // Back at the picker: the focus was on what is gone now.
  useEffect(() => {
    if (wasCreating.current && !creating && document.activeElement === document.body) setFocus('authentication.secret')
    wasCreating.current = creating !== null
  }, [creating, setFocus])
  const messageOf = useMessageOf()
  const secrets = useQuery(secretNamesQuery)
  const options =
    secrets.data?.rows.map(({ key, displayName }) => ({ value: key, label: displayName, detail: key })) ?? []
  const name = 'authentication.secret'

  if (secrets.error instanceof ApiError && secrets.error.missingPermission) {
    const permission = secrets.error.missingPermission
    return (
      <TextField
        name={name}
        label={<Trans>Key of the secret</Trans>}
        hint={<Trans>You can’t choose it from a list: that needs the permission {permission}.</Trans>}
        mono
        required
      />
    )
  }
  const noneStored = secrets.data?.rows.length === 0 && !getValues(name)
  if (!missing && (creating || noneStored)) {
    return (
      <NewSecret
        kind={kind}
        kindLabel={kindLabel}
        keyTyped={creating?.key ?? ''}
        wanted={creating !== null}
        onStored={async key => {
          setValue(name, key, { shouldDirty: true })
          await queries.invalidateQueries({ queryKey: ['secrets'] })
          setCreating(null)
        }}
        {...(!noneStored && {
          instead: (
            <Button look="quiet" onClick={() => setCreating(null)}>
              <Trans>Use a stored secret</Trans>
            </Button>
          ),
        })}
      />
    )
  }
  return (
    <Controller
      control={control}
      name={name}
      rules={{ validate: value => Boolean(value) || t`Choose a secret, or store a new one.` }}
      render={({ field }) => (
        <FormField
          name={name}
          label={<Trans>Secret</Trans>}
          hint={
            secrets.data?.more ? (
              <Plural value={options.length} other="Only the first # secrets are offered." />
            ) : (
              <Trans>Its value is sealed and can’t be read back.</Trans>
            )
          }
          required
        >
          {fieldControl => (
            <Combobox
              {...fieldControl}
              ref={field.ref}
              name={name}
              value={field.value}
              onChange={field.onChange}
              onBlur={field.onBlur}
              options={options}
              pending={secrets.isPending}
              failure={secrets.error ? messageOf(secrets.error) : undefined}
              placeholder={t`Search secrets`}
              {...(!missing && {
                create: { label: () => t`Store a new secret`, onCreate: key => setCreating({ key }) },
              })}
            />
          )}
        </FormField>
      )}
    />
  )
}
