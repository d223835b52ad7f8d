// A new value for a secret.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { request } from '@/api/request'
import { RotateSecretDocument, type SecretDetailFragment } from '@/gen/graphql'
import { announce } from '@/ui/announce'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/forms/Field'
import { TextInput } from '@/ui/forms/inputs'
import { SecretSource, type SecretSourceHandle } from '@/ui/forms/SecretSource'
import { Notice } from '@/ui/Notice'
import { useShortcuts } from '@/ui/shortcuts'
import { NO_OVERLAP, type Overlap, OverlapField, overlapOf } from './OverlapField'
import { NO_PROBLEMS, problemOf, problemsOf } from './problems'
import { secretQuery } from './queries'
import { momentOf } from './span'

/** The form. After a refusal the value stays in its input; after a success it is gone at once. */
export function RotateSecret({ secret, onDone }: { secret: SecretDetailFragment; onDone: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const source = useRef<SecretSourceHandle>(null)
  const [expires, setExpires] = useState('')
  const [overlap, setOverlap] = useState<Overlap>(NO_OVERLAP)
  const [reason, setReason] = useState('')
  const [problems, setProblems] = useState(NO_PROBLEMS)
  useEffect(() => {
    source.current?.focus()
    form.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  const span = overlapOf(overlap)
  // Without variables: what a mutation is called with would be remembered for as long as the form is there.
  const rotating = useMutation({
    mutationFn: async () => {
      const value = await source.current?.read()
      if (!value) return null
      const expiresAt = momentOf(expires)
      const input = {
        key: secret.key,
        expectedVersion: secret.version,
        source: value,
        ...(expiresAt && { expiresAt }),
        ...(span && { overlap: span }),
        ...(reason.trim() && { reason: reason.trim() }),
      }
      return (await request(RotateSecretDocument, { input })).rotateSecret
    },
    onSuccess: async payload => {
      if (!payload) return
      if (!payload.secret) {
        setProblems(problemsOf(payload.userErrors, ['expiresAt', 'overlap', 'reason']))
        // What it is now is read again: the next try is about that.
        const isConflict = payload.userErrors.some(({ __typename }) => __typename === 'VersionConflict')
        if (isConflict) await client.invalidateQueries({ queryKey: ['secret', secret.key] })
        else source.current?.focus()
        return
      }
      source.current?.clear()
      client.setQueryData(secretQuery(secret.key).queryKey, payload.secret)
      announce(t`The secret was rotated.`)
      onDone()
      await client.invalidateQueries({ queryKey: ['secrets'] })
    },
    onError: error => setProblems(problemOf(error)),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (rotating.isPending) return
    if (span === undefined) {
      setProblems({ ...NO_PROBLEMS, fields: { overlap: t`Give a whole number.` } })
      return
    }
    setProblems(NO_PROBLEMS)
    rotating.mutate()
  }
  useShortcuts({ 'Mod+Enter': () => form.current?.requestSubmit() })
  return (
    <form
      ref={form}
      onSubmit={submit}
      aria-label={t`Rotate`}
      className="flex flex-col gap-4 rounded-md border border-line bg-sunken p-4"
    >
      <h3 className="font-semibold">
        <Trans>Rotate</Trans>
      </h3>
      <SecretSource ref={source} label={t`New value`} errors={problems.source} />
      <OverlapField value={overlap} onChange={setOverlap} error={problems.fields.overlap} />
      <Field
        label={<Trans>Expires</Trans>}
        hint={<Trans>When the issuer stops taking the new value. What was known of the old one is forgotten.</Trans>}
        error={problems.fields.expiresAt}
      >
        {control => (
          <TextInput
            {...control}
            type="datetime-local"
            value={expires}
            onChange={event => setExpires(event.target.value)}
            className="max-w-60"
          />
        )}
      </Field>
      <Field label={<Trans>Reason, for the log</Trans>} error={problems.fields.reason}>
        {control => <TextInput {...control} value={reason} onChange={event => setReason(event.target.value)} />}
      </Field>
      {problems.form && <Notice tone="bad">{problems.form}</Notice>}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onDone}>
          <Trans>Cancel</Trans>
        </Button>
        <Button type="submit" look="primary" pending={rotating.isPending}>
          <Trans>Rotate</Trans>
        </Button>
      </div>
    </form>
  )
}
