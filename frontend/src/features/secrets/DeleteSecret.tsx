// Deleting a secret, which only works when nothing uses it.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '@/api/request'
import { DeleteSecretDocument, type DeleteSecretMutation, type SecretDetailFragment } from '@/gen/graphql'
import { announce } from '@/ui/announce'
import { Button } from '@/ui/Button'
import { Confirm, Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/forms/Field'
import { TextInput } from '@/ui/forms/inputs'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'
import { usesOf } from './queries'
import { UsedBy } from './UsedBy'

type Refusal = NonNullable<DeleteSecretMutation['deleteSecret']>['userErrors'][number]
type DeleteSecretProps = { secret: SecretDetailFragment; onClose: () => void; onGone: () => void }

/** Asks for the Key, deletes, and says what stands in the way. */
export function DeleteSecret({ secret, onClose, onGone }: DeleteSecretProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const messageOf = useMessageOf()
  const [typed, setTyped] = useState('')
  const [reason, setReason] = useState('')
  const [wrong, setWrong] = useState(false)
  const deleting = useMutation({
    mutationFn: async () => {
      const why = reason.trim()
      const input = { key: secret.key, expectedVersion: secret.version, ...(why && { reason: why }) }
      return (await request(DeleteSecretDocument, { input })).deleteSecret
    },
    onSuccess: async payload => {
      if (payload?.deletedKey) {
        announce(t`The secret was deleted.`)
        onGone()
        await client.invalidateQueries({ queryKey: ['secrets'] })
      } else {
        await client.invalidateQueries({ queryKey: ['secret', secret.key] })
      }
    },
  })
  const refusals = deleting.data?.userErrors ?? []
  const inUse = refusals.find((error): error is Extract<Refusal, { __typename: 'SecretInUse' }> => {
    return error.__typename === 'SecretInUse'
  })
  if (inUse || (usesOf(secret) ?? 0) > 0) {
    return <InUse secret={secret} refusal={inUse} onClose={onClose} />
  }
  const failure = refusals[0]?.message ?? (deleting.error ? messageOf(deleting.error) : undefined)
  const confirm = () => {
    setWrong(typed !== secret.key)
    if (typed === secret.key && !deleting.isPending) deleting.mutate()
  }
  return (
    <Confirm
      title={<Trans>Delete {secret.displayName}?</Trans>}
      verb={<Trans>Delete secret</Trans>}
      pending={deleting.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <p>
          <Trans>Its value is gone for ever, and its Key is never given again.</Trans>
        </p>
        <Field
          label={
            <Trans>
              Type <code className="font-mono text-sm">{secret.key}</code> to confirm
            </Trans>
          }
          error={wrong ? t`This is not its Key.` : undefined}
          required
        >
          {control => (
            <TextInput
              {...control}
              data-autofocus
              mono
              value={typed}
              onChange={event => setTyped(event.target.value)}
              onKeyDown={event => event.key === 'Enter' && confirm()}
            />
          )}
        </Field>
        <Field label={<Trans>Reason, for the log</Trans>}>
          {control => <TextInput {...control} value={reason} onChange={event => setReason(event.target.value)} />}
        </Field>
        {failure && <Notice tone="bad">{failure}</Notice>}
      </div>
    </Confirm>
  )
}

type InUseProps = {
  secret: SecretDetailFragment
  refusal: Extract<Refusal, { __typename: 'SecretInUse' }> | undefined
  onClose: () => void
}

function InUse({ secret, refusal, onClose }: InUseProps) {
  const connections = refusal?.usedBy ?? secret.usedBy?.nodes ?? null
  const tasks = refusal?.usedByTasks ?? secret.usedByTasks?.nodes ?? null
  return (
    <Dialog title={<Trans>{secret.displayName} is in use</Trans>} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <Notice tone="warn">
          {refusal?.message ?? (
            <Trans>It can be deleted as soon as nothing uses it: give these another secret first.</Trans>
          )}
        </Notice>
        <UsedBy connections={connections} tasks={tasks} total={usesOf(secret) ?? 0} />
        <div className="flex justify-end">
          <Button onClick={onClose}>
            <Trans>Close</Trans>
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
