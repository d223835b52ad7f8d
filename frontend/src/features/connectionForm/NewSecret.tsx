// A secret that is stored on the way, without leaving the form. Its value is in its own input and goes into the mutation.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  use,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from 'react'
import { useWatch } from 'react-hook-form'
import { request } from '@/api/request'
import { CreateSecretInlineDocument, type CreateSecretInput } from '@/gen/graphql'
import { announce } from '@/ui/announce'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/forms/Field'
import { TextInput } from '@/ui/forms/inputs'
import { keyOf } from '@/ui/forms/keyOf'
import { SecretSource, type SecretSourceHandle } from '@/ui/forms/SecretSource'
import { type SecretForm, sourceErrors } from '@/ui/forms/secretValue'
import { messageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'
import { Place, useValues } from './FormField'
import type { AuthenticationKind } from './values'

/** What saving the connection does first: a secret that was typed and not stored yet is stored. */
export type NewSecretHandle = { store: () => Promise<boolean> }

/** The secret that is being typed; null when none is. */
export const PendingSecret = createContext<RefObject<NewSecretHandle | null>>({ current: null })

const forms: Record<Exclude<AuthenticationKind, 'none'>, readonly SecretForm[]> = {
  clientSecret: ['line'],
  clientSecretJwt: ['line'],
  privateKeyJwt: ['lines', 'pkcs12'],
  tlsClientAuth: ['lines', 'pkcs12'],
}

type NewSecretProps = {
  kind: Exclude<AuthenticationKind, 'none'>
  kindLabel: string
  /** What was typed into the picker. */
  keyTyped: string
  /** Somebody has asked for it, and is taken to its value. */
  wanted: boolean
  onStored: (key: string) => Promise<void>
  /** The way back. */
  instead?: ReactNode
}

type Problems = {
  source: Readonly<Record<string, string>>
  key?: string | undefined
  displayName?: string | undefined
  other?: string | undefined
}

/** The fields. Enter in one of them stores the secret, and not the connection. */
export function NewSecret({ kind, kindLabel, keyTyped, wanted, onStored, instead }: NewSecretProps) {
  const { t } = useLingui()
  const source = useRef<SecretSourceHandle>(null)
  const names = useNames(keyTyped, kindLabel)
  const [problems, setProblems] = useState<Problems>({ source: {} })
  const storing = useMutation({
    mutationFn: async (input: CreateSecretInput) => (await request(CreateSecretInlineDocument, { input })).createSecret,
  })
  const store = async (): Promise<boolean> => {
    if (storing.isPending) return false
    const given = await source.current?.read()
    if (!given) return false
    try {
      const stored = await storing.mutateAsync({ key: names.key, displayName: names.displayName, source: given })
      if (stored?.secret) {
        source.current?.clear()
        announce(t`The secret was stored.`)
        await onStored(stored.secret.key)
        return true
      }
      const { atSource, others } = sourceErrors(stored?.userErrors ?? [])
      const at = (name: string) => others.find(error => error.path.at(-1) === name)?.message
      const other = others.find(error => !['key', 'displayName'].includes(error.path.at(-1) ?? ''))?.message
      setProblems({ source: atSource, key: at('key'), displayName: at('displayName'), other })
      if (Object.keys(atSource).length > 0) source.current?.focus()
    } catch (error) {
      setProblems({ source: {}, other: messageOf(error) })
    } finally {
      // Its variables hold the secret.
      storing.reset()
    }
    return false
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it comes
  useEffect(() => {
    if (wanted) source.current?.focus()
  }, [])
  useImperativeHandle(use(PendingSecret), () => ({ store }))
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLInputElement)) return
    event.preventDefault()
    void store()
  }
  return (
    <Place name="authentication.secret">
      <fieldset
        onKeyDown={onKeyDown}
        className="flex min-w-0 flex-col gap-4 rounded-md border border-line bg-sunken p-4"
      >
        <legend className="sr-only">
          <Trans>New secret</Trans>
        </legend>
        <SecretSource
          ref={source}
          key={forms[kind][0]}
          forms={forms[kind]}
          label={kindLabel}
          errors={problems.source}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={<Trans>Key of the secret</Trans>} error={problems.key} required>
            {control => (
              <TextInput {...control} mono value={names.key} onChange={event => names.setKey(event.target.value)} />
            )}
          </Field>
          <Field label={<Trans>Its Display Name</Trans>} error={problems.displayName} required>
            {control => (
              <TextInput
                {...control}
                value={names.displayName}
                onChange={event => names.setDisplayName(event.target.value)}
              />
            )}
          </Field>
        </div>
        {problems.other && <Notice tone="bad">{problems.other}</Notice>}
        <div className="flex flex-wrap items-center gap-2">
          <Button pending={storing.isPending} onClick={store}>
            <Trans>Store secret</Trans>
          </Button>
          {instead}
          <span className="text-sm text-muted">
            <Trans>Testing or saving the connection stores it, too.</Trans>
          </span>
        </div>
      </fieldset>
    </Place>
  )
}

/** Key and Display Name, after the connection's own until somebody types others. */
function useNames(keyTyped: string, kindLabel: string) {
  const { t } = useLingui()
  const { control } = useValues()
  const [key, displayName] = useWatch({ control, name: ['key', 'displayName'] })
  const [ownKey, setKey] = useState<string | null>(keyOf(keyTyped) || null)
  const [ownName, setDisplayName] = useState<string | null>(null)
  const called = displayName.trim() || key
  return {
    key: ownKey ?? (key ? keyOf(`${key}-${kindLabel}`) : ''),
    displayName: ownName ?? (called ? t`${called}: ${kindLabel}` : ''),
    setKey,
    setDisplayName,
  }
}
