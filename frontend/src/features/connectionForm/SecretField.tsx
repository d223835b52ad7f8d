// The stored secret: chosen among those that there are, or stored here and now.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Controller } from 'react-hook-form'
import { ApiError, requestUntil } from '@/api/request'
import { useMissing } from '@/api/viewer'
import { SecretChoicesDocument, type SecretChoicesQuery } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { Combobox } from '@/ui/forms/Combobox'
import { useMessageOf } from '@/ui/messageOf'
import { FormField, TextField, useValues } from './FormField'
import { NewSecret } from './NewSecret'
import type { AuthenticationKind } from './values'

/** More secrets than anybody would look through: beyond them a Key can still be typed. */
const PAGES_MAX = 10

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
  const secrets = useQuery({ queryKey: ['secrets', 'choices'], queryFn: ({ signal }) => allSecrets(signal) })
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
  const noneStored = secrets.data?.length === 0 && !getValues(name)
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
          hint={<Trans>Its value is sealed and can’t be read back.</Trans>}
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
              options={secrets.data ?? []}
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

type Choice = { value: string; label: string; detail: string }

async function allSecrets(signal: AbortSignal): Promise<Choice[]> {
  const choices: Choice[] = []
  let after: string | null = null
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer: SecretChoicesQuery = await requestUntil(signal, SecretChoicesDocument, { after })
    for (const { key, displayName } of answer.secrets?.nodes ?? []) {
      choices.push({ value: key, label: displayName, detail: key })
    }
    if (!answer.secrets?.pageInfo.hasNextPage) break
    after = answer.secrets.pageInfo.endCursor
  }
  return choices
}
