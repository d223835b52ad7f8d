// A new secret.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { request } from '@/api/request'
import { CreateSecretDocument } from '@/gen/graphql'
import { announce } from '@/ui/announce'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/forms/Field'
import { TextInput } from '@/ui/forms/inputs'
import { keyOf } from '@/ui/forms/keyOf'
import { SecretSource, type SecretSourceHandle } from '@/ui/forms/SecretSource'
import { Notice } from '@/ui/Notice'
import { useShortcuts } from '@/ui/shortcuts'
import { NO_PROBLEMS, problemOf, problemsOf } from './problems'
import { momentOf } from './span'

type CreateSecretProps = { onCreated: (key: string) => void; onClose: () => void }

/** The dialog. The value goes from its input into the mutation, and nowhere else. */
export function CreateSecret({ onCreated, onClose }: CreateSecretProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const source = useRef<SecretSourceHandle>(null)
  const [displayName, setDisplayName] = useState('')
  const [ownKey, setOwnKey] = useState<string | null>(null)
  const [expires, setExpires] = useState('')
  const [problems, setProblems] = useState(NO_PROBLEMS)
  const key = ownKey ?? keyOf(displayName)
  // Without variables: what a mutation is called with would be remembered for as long as the form is there.
  const creating = useMutation({
    mutationFn: async () => {
      const value = await source.current?.read()
      if (!value) return null
      const expiresAt = momentOf(expires)
      const input = { key, displayName: displayName.trim(), source: value, ...(expiresAt && { expiresAt }) }
      return (await request(CreateSecretDocument, { input })).createSecret
    },
    onSuccess: async payload => {
      if (!payload) return
      if (!payload.secret) {
        const found = problemsOf(payload.userErrors, ['key', 'displayName', 'expiresAt'])
        setProblems(found)
        focusFirst(form.current, found.fields)
        if (Object.keys(found.fields).length === 0) source.current?.focus()
        return
      }
      source.current?.clear()
      announce(t`The secret was stored.`)
      await client.invalidateQueries({ queryKey: ['secrets'] })
      onCreated(payload.secret.key)
    },
    onError: error => setProblems(problemOf(error)),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (creating.isPending) return
    setProblems(NO_PROBLEMS)
    creating.mutate()
  }
  useShortcuts({ 'Mod+Enter': () => form.current?.requestSubmit() })
  return (
    <Dialog title={<Trans>New secret</Trans>} onClose={onClose}>
      <form ref={form} onSubmit={submit} className="flex flex-col gap-4">
        <Field label={<Trans>Display Name</Trans>} error={problems.fields.displayName} required>
          {control => (
            <TextInput
              {...control}
              data-autofocus
              name="displayName"
              value={displayName}
              onChange={event => setDisplayName(event.target.value)}
            />
          )}
        </Field>
        <Field
          label={<Trans>Key</Trans>}
          hint={<Trans>What connections refer to it by. It can’t be changed and is never reused.</Trans>}
          error={problems.fields.key}
          required
        >
          {control => (
            <TextInput {...control} mono name="key" value={key} onChange={event => setOwnKey(event.target.value)} />
          )}
        </Field>
        <SecretSource ref={source} errors={problems.source} />
        <Field
          label={<Trans>Expires</Trans>}
          hint={<Trans>When the issuer stops taking it. A certificate says so itself.</Trans>}
          error={problems.fields.expiresAt}
        >
          {control => (
            <TextInput
              {...control}
              type="datetime-local"
              name="expiresAt"
              value={expires}
              onChange={event => setExpires(event.target.value)}
              className="max-w-60"
            />
          )}
        </Field>
        {problems.form && <Notice tone="bad">{problems.form}</Notice>}
        <div className="flex flex-wrap items-center justify-end gap-2">
          <span className="me-auto text-sm text-muted">
            <Trans>Nobody can read the value back.</Trans>
          </span>
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" look="primary" pending={creating.isPending}>
            <Trans>Store secret</Trans>
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** Brings whoever fills in the form to the first field that is wrong. */
function focusFirst(form: HTMLFormElement | null, wrong: Readonly<Record<string, string>>): void {
  const fields = [...(form?.querySelectorAll<HTMLInputElement>('input[name]') ?? [])]
  fields.find(field => Object.hasOwn(wrong, field.name))?.focus()
}
