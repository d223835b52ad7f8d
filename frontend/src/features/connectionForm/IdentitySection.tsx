// Key, Display Name, Client ID and where the token endpoint is: what every connection has.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useWatch } from 'react-hook-form'
import { requestUntil } from '@/api/request'
import { ConnectionKeyTakenDocument } from '@/gen/graphql'
import { isReserved, KEY, keyOf, reservedText } from '@/ui/forms/keyOf'
import { Panel } from '@/ui/Page'
import { useDebounced } from '@/ui/useDebounced'
import { EndpointFields } from './EndpointFields'
import { TextField, useValues } from './FormField'

const PAUSE_MS = 300

/** The first section. The Key of a saved connection can't be changed. */
export function IdentitySection({ isNew }: { isNew: boolean }) {
  return (
    <Panel title={<Trans>Client Credentials</Trans>}>
      <div className="flex flex-col gap-5">
        <div className="grid gap-5 sm:grid-cols-2">
          {isNew ? <NewKey /> : <TextField name="key" label={<Trans>Key</Trans>} mono readOnly required />}
          <TextField
            name="displayName"
            label={<Trans>Display Name</Trans>}
            hint={<Trans>What people call it.</Trans>}
            required
          />
        </div>
        <TextField name="clientId" label={<Trans>Client ID</Trans>} mono required />
        <EndpointFields />
      </div>
    </Panel>
  )
}

/** A Key that follows the Display Name until somebody types one, and says at once when it is taken. */
function NewKey() {
  const { t, i18n } = useLingui()
  const { setValue, control, getValues } = useValues()
  const [key, displayName] = useWatch({ control, name: ['key', 'displayName'] })
  const followed = useRef(getValues('key'))
  useEffect(() => {
    const next = keyOf(displayName)
    if (getValues('key') !== followed.current || next === followed.current) return
    followed.current = next
    setValue('key', next, { shouldDirty: true, shouldValidate: next !== '' })
  }, [displayName, getValues, setValue])

  const asked = useDebounced(key.trim(), PAUSE_MS)
  const isPossible = KEY.test(asked) && !isReserved(asked)
  const taken = useQuery({
    queryKey: ['connection', asked, 'taken'],
    queryFn: async ({ signal }) => (await requestUntil(signal, ConnectionKeyTakenDocument, { key: asked })).connection,
    enabled: isPossible,
  })
  const holder = asked === key.trim() ? taken.data : null
  const isFree = asked === key.trim() && isPossible && taken.data === null
  return (
    <TextField
      name="key"
      label={<Trans>Key</Trans>}
      mono
      required
      rules={{
        validate: {
          shape: value => KEY.test(String(value).trim()) || t`Small letters, digits and hyphens, a letter first.`,
          free: value => !isReserved(String(value)) || i18n._(reservedText),
        },
      }}
      error={holder ? t`This Key is taken by “${holder.displayName}”.` : undefined}
      hint={
        isFree ? (
          <Trans>No connection has it now. It can’t be changed later.</Trans>
        ) : (
          <Trans>Names it for ever: it is never reused.</Trans>
        )
      }
    />
  )
}
