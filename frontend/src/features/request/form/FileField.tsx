// A body of any bytes: base64, typed or from a file.
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { useFormContext } from 'react-hook-form'
import { bytes } from '@/i18n/format'
import { base64Of } from '@/ui/base64'
import { Field } from '@/ui/forms/Field'
import { TextArea } from '@/ui/forms/inputs'
import { errorAt } from './errors'
import type { RequestValues } from './values'

/** Largest body that the server sends, in bytes. */
const BODY_BYTES_MAX = 1_048_576

/** The base64 of the body, and a file that fills it. */
export function FileField() {
  const { i18n } = useLingui()
  const { register, setValue, formState } = useFormContext<RequestValues>()
  const [file, setFile] = useState<{ name: string; size: number } | null>(null)
  const isTooLarge = file !== null && file.size > BODY_BYTES_MAX
  const read = async (chosen: File | undefined) => {
    setFile(chosen ? { name: chosen.name, size: chosen.size } : null)
    if (!chosen || chosen.size > BODY_BYTES_MAX) return
    const content = new Uint8Array(await chosen.arrayBuffer())
    setValue('body.base64', base64Of(content), { shouldDirty: true })
  }
  return (
    <>
      <Field
        label={<Trans>File</Trans>}
        hint={file && !isTooLarge && <Trans>{bytes(i18n.locale, file.size)}, read into the field below</Trans>}
        error={
          isTooLarge ? i18n._(msg`It has ${bytes(i18n.locale, file.size)}; a body may have at most 1 MiB.`) : undefined
        }
      >
        {props => (
          <input
            {...props}
            type="file"
            onChange={event => read(event.target.files?.[0])}
            className="min-h-8 max-w-full file:me-3 file:min-h-8 file:cursor-pointer file:rounded-md file:border file:border-edge/60 file:bg-surface file:px-3 file:text-ink"
          />
        )}
      </Field>
      <Field label="Base64" error={errorAt(formState.errors, 'body.base64')} required>
        {props => <TextArea mono rows={6} {...props} {...register('body.base64')} />}
      </Field>
    </>
  )
}
