// The body of an answer.
import { Trans, useLingui } from '@lingui/react/macro'
import { Download } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ExchangeDetailsFragment } from '@/gen/graphql'
import { bytes } from '@/i18n/format'
import { Button } from '@/ui/Button'
import { bytesOf } from '@/ui/base64'
import { CodeBlock, Mono } from '@/ui/Code'
import { Chip } from '@/ui/Status'
import { readable, SHOWN_CHARACTERS_MAX } from './body'

type Outcome = NonNullable<ExchangeDetailsFragment['outcome']>
type HttpBody = NonNullable<Extract<Outcome, { __typename: 'HttpResponse' }>['body']>

/** The body as text, or what is known of it; never as HTML. */
export function Body({ body }: { body: HttpBody }) {
  const { i18n } = useLingui()
  if (body.size === 0)
    return (
      <p className="text-muted">
        <Trans>The answer has no body.</Trans>
      </p>
    )
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        {body.contentType && <Mono>{body.contentType}</Mono>}
        <span>{bytes(i18n.locale, body.size)}</span>
        {body.truncated && (
          <Chip tone="warn">
            <Trans>Cut off: the answer is longer than the limit</Trans>
          </Chip>
        )}
        <span className="ms-auto">
          <Save body={body} />
        </span>
      </div>
      {body.text !== null ? <Text text={body.text} /> : <Binary base64={body.base64 ?? ''} />}
    </div>
  )
}

function Text({ text }: { text: string }) {
  const { t, i18n } = useLingui()
  const [whole, setWhole] = useState(false)
  const shown = useMemo(() => readable(text), [text])
  const isLong = shown.text.length > SHOWN_CHARACTERS_MAX && !whole
  return (
    <>
      <CodeBlock text={isLong ? shown.text.slice(0, SHOWN_CHARACTERS_MAX) : shown.text} label={t`Body`} />
      {isLong && (
        <div>
          <Button onClick={() => setWhole(true)}>
            <Trans>Show everything ({bytes(i18n.locale, text.length)})</Trans>
          </Button>
        </div>
      )}
    </>
  )
}

function Binary({ base64 }: { base64: string }) {
  const { t } = useLingui()
  return (
    <details>
      <summary className="min-h-6">
        <Trans>Not text: show it in Base64</Trans>
      </summary>
      <div className="mt-2">
        <CodeBlock text={base64.slice(0, SHOWN_CHARACTERS_MAX)} label={t`Body in Base64`} />
      </div>
    </details>
  )
}

/** Saves the body as a file: a file is opened by nobody but its reader. */
function Save({ body }: { body: HttpBody }) {
  const save = () => {
    const content = body.text ?? bytesOf(body.base64 ?? '')
    const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `response${extensions[body.contentType?.split(';')[0]?.trim() ?? ''] ?? (body.text === null ? '.bin' : '.txt')}`
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <Button look="quiet" onClick={save} icon={<Download aria-hidden className="size-4" />}>
      <Trans>Save as a file</Trans>
    </Button>
  )
}

const extensions: Record<string, string> = {
  'application/json': '.json',
  'application/pdf': '.pdf',
  'application/xml': '.xml',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'text/csv': '.csv',
  'text/xml': '.xml',
}
