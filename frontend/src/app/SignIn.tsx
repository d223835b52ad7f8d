// Signing in: the admin token, pasted once.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef } from 'react'
import { queryClient } from '@/api/queryClient'
import { signIn } from '@/api/session'
import { Button } from '@/ui/Button'
import { CodeBlock } from '@/ui/Code'
import { Field } from '@/ui/forms/Field'
import { SecretInput } from '@/ui/forms/inputs'
import { useMessageOf } from '@/ui/messageOf'
import { Mark } from './Mark'

export function SignIn() {
  const { t } = useLingui()
  const input = useRef<HTMLInputElement>(null)
  const messageOf = useMessageOf()
  useEffect(() => {
    document.title = t`Sign in · Latchkey`
    input.current?.focus()
  }, [t])

  const signing = useMutation({
    mutationFn: signIn,
    onSuccess: async accepted => {
      if (accepted) await queryClient.resetQueries()
      else input.current?.select()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const token = input.current?.value.trim() ?? ''
    if (token && !signing.isPending) signing.mutate(token)
  }
  const refused =
    signing.data === false ? t`This token is not the right one.` : signing.error ? messageOf(signing.error) : undefined
  return (
    <main className="mx-auto flex min-h-dvh max-w-[26rem] flex-col justify-center gap-6 px-4 py-10">
      <div className="flex items-center gap-3">
        <Mark className="size-9" />
        <h1 className="text-2xl font-semibold tracking-tight">Latchkey</h1>
      </div>
      <form
        onSubmit={submit}
        className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-5 shadow-raised"
      >
        <Field label={<Trans>Admin token</Trans>} error={refused} required>
          {control => <SecretInput {...control} ref={input} name="token" />}
        </Field>
        <Button type="submit" look="primary" pending={signing.isPending}>
          <Trans>Sign in</Trans>
        </Button>
      </form>
      <div className="flex flex-col gap-2 text-sm text-muted">
        <p>
          <Trans>
            The token was shown when the server started for the first time. On the server’s machine it is in this file:
          </Trans>
        </p>
        <CodeBlock text="cat latchkey-data/admin-token" />
      </div>
    </main>
  )
}
