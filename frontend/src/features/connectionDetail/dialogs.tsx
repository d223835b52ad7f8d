// What is asked before a connection is disabled or deleted.
import { Trans } from '@lingui/react/macro'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { ConnectionHeadFragment } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/forms/Field'
import { TextInput } from '@/ui/forms/inputs'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'
import type { Actions } from './useActions'

type DialogProps = { connection: ConnectionHeadFragment; actions: Actions; onClose: () => void }

/** Asks before a connection is disabled, and why. */
export function DisableDialog({ connection, actions, onClose }: DialogProps) {
  const [reason, setReason] = useState('')
  const [refusal, setRefusal] = useState<string | null>(null)
  const disable = () => {
    setRefusal(null)
    actions.change.mutate(
      {
        input: { expectedVersion: connection.version, enabled: false, ...(reason && { reason }) },
        text: <Trans>Requests may not use this connection until it is enabled again.</Trans>,
      },
      { onSuccess: onClose, onError: error => setRefusal(error.message) },
    )
  }
  return (
    <Dialog title={<Trans>Disable {connection.displayName}?</Trans>} onClose={onClose}>
      <Ask verb={<Trans>Disable</Trans>} pending={actions.change.isPending} onConfirm={disable} onClose={onClose}>
        <p>
          <Trans>Every request that uses it is refused from then on. It can be enabled again at any time.</Trans>
        </p>
        <Reason value={reason} onChange={setReason} />
        {refusal && <Notice tone="bad">{refusal}</Notice>}
      </Ask>
    </Dialog>
  )
}

/** Asks for the Key before a connection is deleted. */
export function DeleteDialog({ connection, actions, onClose }: DialogProps) {
  const { key, displayName, version } = connection
  const [typed, setTyped] = useState('')
  const [reason, setReason] = useState('')
  const { remove } = actions
  const messageOf = useMessageOf()
  return (
    <Dialog title={<Trans>Delete {displayName}?</Trans>} onClose={onClose}>
      <Ask
        verb={<Trans>Delete for ever</Trans>}
        pending={remove.isPending}
        ready={typed === key}
        onConfirm={() => remove.mutate({ expectedVersion: version, ...(reason && { reason }) })}
        onClose={onClose}
      >
        <p>
          <Trans>
            Its tokens are dropped and requests that name it are refused. What happened stays in the log, and the Key{' '}
            <Mono>{key}</Mono> is never given to another connection.
          </Trans>
        </p>
        <Field label={<Trans>Type the Key to confirm</Trans>} required>
          {control => (
            <TextInput {...control} mono value={typed} onChange={event => setTyped(event.target.value.trim())} />
          )}
        </Field>
        <Reason value={reason} onChange={setReason} />
        {remove.error && <Notice tone="bad">{messageOf(remove.error)}</Notice>}
      </Ask>
    </Dialog>
  )
}

function Reason({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Field label={<Trans>Reason</Trans>} hint={<Trans>It stays in the log.</Trans>}>
      {control => <TextInput {...control} value={value} onChange={event => onChange(event.target.value)} />}
    </Field>
  )
}

type AskProps = {
  verb: ReactNode
  pending: boolean
  ready?: boolean
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

function Ask({ verb, pending, ready = true, onConfirm, onClose, children }: AskProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ready && !pending) onConfirm()
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {children}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>
          <Trans>Cancel</Trans>
        </Button>
        <Button type="submit" look="danger" disabled={!ready} pending={pending}>
          {verb}
        </Button>
      </div>
    </form>
  )
}
