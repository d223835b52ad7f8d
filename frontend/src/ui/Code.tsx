// Text for machines: keys, ids, commands.
import { useLingui } from '@lingui/react/macro'
import { Check, Copy } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { announce } from './announce'
import { IconButton } from './Button'
import { classes } from './classes'

/** A key, an id, a header: in the type of machines. */
export function Mono({ children, className }: { children: ReactNode; className?: string }) {
  return <span className={classes('font-mono text-sm break-all', className)}>{children}</span>
}

/** Copies a text. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useLingui()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    announce(t`Copied.`)
  }
  return (
    <IconButton label={label ?? t`Copy`} onClick={copy} onBlur={() => setCopied(false)}>
      {copied ? <Check aria-hidden className="size-4 text-ok" /> : <Copy aria-hidden className="size-4" />}
    </IconButton>
  )
}

/** A text of many lines that can be copied. */
export function CodeBlock({ text, label }: { text: string; label?: string }) {
  const { t } = useLingui()
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      {/* What scrolls must be reachable by keyboard (axe: scrollable-region-focusable). */}
      {/* biome-ignore lint/a11y/useSemanticElements: lines of a command are no fieldset */}
      <pre
        tabIndex={0}
        role="group"
        aria-label={label ?? t`Command`}
        className="max-h-96 overflow-auto py-2.5 ps-3 pe-11 font-mono text-sm whitespace-pre-wrap break-words"
      >
        {text}
      </pre>
      <div className="absolute end-1 top-1">
        <CopyButton text={text} />
      </div>
    </div>
  )
}
