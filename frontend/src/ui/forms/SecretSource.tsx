// The value of a secret on its way in: one line, a text of lines (PEM, JSON Web Key), or a PKCS#12 file.
//
// It is held by the page's own inputs and by nothing else: no state, no attribute, no cache. `read` takes it for the
// mutation, `clear` drops it as soon as the mutation went through; after a refusal it stays in the input to be mended.
import { Trans, useLingui } from '@lingui/react/macro'
import { type ClipboardEvent, type Ref, useImperativeHandle, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { announce } from '../announce'
import { Segmented } from '../Segmented'
import { Field } from './Field'
import { SecretInput, SecretTextArea } from './inputs'
import { base64OfFile, type SecretForm, type SecretSourceInput, severalLines } from './secretValue'

/** What a form does with the value. */
export type SecretSourceHandle = {
  /** The value as it is now; null when the file could not be taken, which is then said at its field. */
  read: () => Promise<SecretSourceInput | null>
  /** Forgets the value. */
  clear: () => void
  focus: () => void
}

type SecretSourceProps = {
  ref: Ref<SecretSourceHandle>
  /** What the server says is wrong, by the path below `source`: `value`, `pkcs12.content`, `pkcs12.password`. */
  errors?: Readonly<Record<string, string>>
  /** The ways that fit where the secret is used, the usual one first. */
  forms?: readonly SecretForm[]
  /** What the value is called. */
  label?: string
}

const ALL: readonly SecretForm[] = ['line', 'lines', 'pkcs12']

/** The fields. */
export function SecretSource({ ref, errors = {}, forms = ALL, label }: SecretSourceProps) {
  const { t } = useLingui()
  const [form, setForm] = useState<SecretForm>(forms[0] ?? 'line')
  const [fileError, setFileError] = useState<string>()
  const line = useRef<HTMLInputElement>(null)
  const lines = useRef<HTMLTextAreaElement>(null)
  const file = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)

  const readFile = async (): Promise<SecretSourceInput | null> => {
    const taken = await base64OfFile(file.current?.files?.[0])
    setFileError(taken.ok ? undefined : sentenceOf(taken.problem))
    if (!taken.ok) {
      file.current?.focus()
      return null
    }
    const opens = password.current?.value
    return { pkcs12: { content: taken.base64, ...(opens && { password: opens }) } }
  }
  const sentenceOf = (problem: 'none' | 'large' | 'unreadable') => {
    if (problem === 'none') return t`Choose a file.`
    return problem === 'large' ? t`The file is too large for a certificate.` : t`The file could not be read.`
  }
  useImperativeHandle(ref, () => ({
    read: async () =>
      form === 'pkcs12' ? readFile() : { value: (form === 'line' ? line : lines).current?.value ?? '' },
    clear: () => {
      for (const { current } of [line, lines, file, password]) if (current) current.value = ''
      setFileError(undefined)
    },
    focus: () => (form === 'line' ? line : form === 'lines' ? lines : file).current?.focus(),
  }))

  // An <input> would swallow the line ends of a key, and no issuer would know it again.
  const keepLines = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text')
    if (!severalLines(text) || !forms.includes('lines')) return
    event.preventDefault()
    flushSync(() => setForm('lines'))
    if (lines.current) lines.current.value = text
    lines.current?.focus()
    announce(t`This is a text of several lines: it was pasted as such.`)
  }
  return (
    <div className="flex flex-col gap-3">
      {forms.length > 1 && (
        <div>
          <Segmented
            label={t`Kind of value`}
            value={form}
            onChange={chosen => {
              setFileError(undefined)
              setForm(chosen)
            }}
            options={forms.map(value => ({ value, label: formLabels[value] }))}
          />
        </div>
      )}
      {form === 'line' && (
        <Field label={label ?? <Trans>Value</Trans>} error={errors.value} required>
          {control => <SecretInput {...control} ref={line} onPaste={keepLines} />}
        </Field>
      )}
      {form === 'lines' && (
        <Field
          label={label ?? <Trans>Value</Trans>}
          hint={<Trans>A private key, a certificate with its private key, or a JSON Web Key.</Trans>}
          error={errors.value}
          required
        >
          {control => <SecretTextArea {...control} ref={lines} rows={6} />}
        </Field>
      )}
      {form === 'pkcs12' && <Pkcs12Fields file={file} password={password} errors={errors} fileError={fileError} />}
    </div>
  )
}

const formLabels = {
  line: <Trans>One line</Trans>,
  lines: <Trans>PEM or JWK</Trans>,
  pkcs12: <Trans>PKCS#12 file</Trans>,
}

type Pkcs12Props = {
  file: Ref<HTMLInputElement>
  password: Ref<HTMLInputElement>
  errors: Readonly<Record<string, string>>
  fileError: string | undefined
}

function Pkcs12Fields({ file, password, errors, fileError }: Pkcs12Props) {
  return (
    <>
      <Field
        label={<Trans>File</Trans>}
        hint={<Trans>A certificate with its private key (.p12 or .pfx). It is kept as PEM text.</Trans>}
        error={fileError ?? errors['pkcs12.content']}
        required
      >
        {control => (
          <input
            {...control}
            ref={file}
            type="file"
            accept=".p12,.pfx,application/x-pkcs12"
            className="min-h-8 w-full min-w-0 rounded-md border border-edge bg-surface text-base file:me-3 file:min-h-8 file:border-0 file:border-e file:border-edge file:bg-sunken file:px-3 file:font-medium file:text-ink aria-invalid:border-bad"
          />
        )}
      </Field>
      <Field
        label={<Trans>Password of the file</Trans>}
        hint={<Trans>It opens the file once and is not kept.</Trans>}
        error={errors['pkcs12.password']}
      >
        {control => <SecretInput {...control} ref={password} />}
      </Field>
    </>
  )
}
