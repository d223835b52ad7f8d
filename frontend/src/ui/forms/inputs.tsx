// The plain controls. Native ones: they bring keyboard, touch, languages and forced colours with them.
import { useLingui } from '@lingui/react/macro'
import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, type ReactNode, useState } from 'react'
import { IconButton } from '../Button'
import { classes } from '../classes'

/** How a box that is typed into looks. */
export const box =
  'min-h-8 w-full min-w-0 rounded-md border border-edge bg-surface px-2.5 py-1 text-base disabled:bg-sunken disabled:text-muted not-[select]:read-only:bg-sunken aria-invalid:border-bad'

/** One line of text. */
export function TextInput({ mono, className, ...rest }: ComponentProps<'input'> & { mono?: boolean }) {
  return (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={classes(box, mono && 'font-mono text-sm', className)}
    />
  )
}

/** Lines of text. */
export function TextArea({ mono, className, ...rest }: ComponentProps<'textarea'> & { mono?: boolean }) {
  return (
    <textarea rows={4} spellCheck={false} {...rest} className={classes(box, mono && 'font-mono text-sm', className)} />
  )
}

/** One of a few. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select {...rest} className={classes(box, 'pe-1', className)} />
}

/** Yes or no, with its own label. */
export function Checkbox({
  children,
  hint,
  ...rest
}: ComponentProps<'input'> & { children: ReactNode; hint?: ReactNode }) {
  return (
    <label className="flex min-h-6 items-start gap-2">
      <input type="checkbox" {...rest} className="mt-1 size-4 shrink-0 accent-accent" />
      <span>
        {children}
        {hint && <span className="block text-sm text-muted">{hint}</span>}
      </span>
    </label>
  )
}

/**
 * A secret on its way in. It can be pasted and looked at, no password manager is asked to keep it, and `ref` is all that
 * ever holds it: the value is never an attribute of the page.
 */
export function SecretInput({ className, ...rest }: ComponentProps<'input'>) {
  const [shown, setShown] = useState(false)
  return (
    <div className="flex gap-1">
      <input
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-1p-ignore
        {...rest}
        type={shown ? 'text' : 'password'}
        className={classes(box, 'font-mono text-sm', className)}
      />
      <ShowButton shown={shown} onChange={setShown} />
    </div>
  )
}

/** The same for a secret of many lines. Browsers that can't blot out lines show them. */
export function SecretTextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  const [shown, setShown] = useState(false)
  return (
    <div className="flex gap-1">
      <textarea
        rows={4}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-1p-ignore
        {...rest}
        className={classes(box, 'font-mono text-sm', !shown && '[-webkit-text-security:disc]', className)}
      />
      <ShowButton shown={shown} onChange={setShown} />
    </div>
  )
}

function ShowButton({ shown, onChange }: { shown: boolean; onChange: (shown: boolean) => void }) {
  const { t } = useLingui()
  return (
    <IconButton label={shown ? t`Hide` : t`Show`} aria-pressed={shown} onClick={() => onChange(!shown)}>
      {shown ? <EyeOff aria-hidden className="size-4" /> : <Eye aria-hidden className="size-4" />}
    </IconButton>
  )
}
