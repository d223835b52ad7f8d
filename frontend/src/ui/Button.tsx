// Buttons, and links that look like them.

import { Trans } from '@lingui/react/macro'
import { Link, type LinkProps } from '@tanstack/react-router'
import { type ButtonHTMLAttributes, type MouseEvent, type ReactNode, useId } from 'react'
import { classes } from './classes'

export type ButtonLook = 'primary' | 'secondary' | 'quiet' | 'danger'

const looks: Record<ButtonLook, string> = {
  primary: 'bg-accent text-on-accent border-transparent hover:bg-accent-strong',
  secondary: 'bg-surface text-ink border-edge/60 hover:bg-hover shadow-raised',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-hover',
  danger: 'bg-surface text-bad border-bad/60 hover:bg-bad-soft shadow-raised',
}

const shape =
  'inline-flex min-h-8 items-center justify-center gap-1.5 rounded-md border px-3 py-1 text-base font-medium whitespace-nowrap select-none transition-colors'

type Look = { look?: ButtonLook; icon?: ReactNode }

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> &
  Look & {
    /** Shows that it is at work, and takes no second click. */
    pending?: boolean
    /** The permission that the viewer lacks for it: it is then shown, named and refused. */
    missing?: string | null
  }

/** A button. Disabled ones stay in the tab order when a missing permission is the reason, so that it can be read. */
export function Button({ look = 'secondary', icon, pending, missing, className, children, ...rest }: ButtonProps) {
  const reasonId = useId()
  const off = Boolean(pending || missing)
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    // The second click of a double click comes before `pending` is drawn: nothing is to be sent twice for it.
    if (off || event.detail > 1) event.preventDefault()
    else rest.onClick?.(event)
  }
  return (
    <>
      <button
        type="button"
        {...rest}
        {...(off && { 'aria-disabled': true })}
        onClick={press}
        {...(missing && { 'aria-describedby': reasonId, title: missing })}
        aria-busy={pending || undefined}
        className={classes(
          shape,
          looks[look],
          'disabled:opacity-50 aria-disabled:cursor-not-allowed aria-disabled:opacity-60',
          className,
        )}
      >
        {icon}
        {children}
      </button>
      {missing && (
        <span id={reasonId} hidden>
          <Trans>Needs the permission {missing}.</Trans>
        </span>
      )}
    </>
  )
}

/** A link to a page that looks like a button. */
export function ButtonLink({
  look = 'secondary',
  icon,
  className,
  children,
  ...link
}: LinkProps & Look & { className?: string; children?: ReactNode }) {
  return (
    <Link {...link} className={classes(shape, looks[look], className)}>
      {icon}
      {children}
    </Link>
  )
}

/** A button that is only a picture; `label` is its name. */
export function IconButton({
  label,
  className,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={classes(
        'inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink disabled:opacity-40',
        className,
      )}
    >
      {children}
    </button>
  )
}
