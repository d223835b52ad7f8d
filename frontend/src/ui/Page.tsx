// What every page is made of: its head, its panels, its tabs.
import { Link, type LinkProps } from '@tanstack/react-router'
import { type ReactNode, useEffect, useId } from 'react'
import { classes } from './classes'

type PageProps = {
  /** The page's one `h1`, and the window's title. */
  title: string
  /** What stands in place of the plain title in the head. */
  heading?: ReactNode
  /** One sentence below it. */
  lead?: ReactNode
  /** Where it lies: links to the pages above. */
  above?: ReactNode
  actions?: ReactNode
  tabs?: ReactNode
  /** Without the width that is comfortable to read. */
  wide?: boolean
  children: ReactNode
}

/** A page with its head. */
export function Page({ title, heading, lead, above, actions, tabs, wide, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Latchkey`
  }, [title])
  return (
    <div className={classes('mx-auto w-full px-4 pb-16 md:px-8', wide ? 'max-w-[110rem]' : 'max-w-[80rem]')}>
      <header className="pt-6 pb-4">
        {above && <div className="mb-1 text-sm text-muted">{above}</div>}
        <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
          <div className="min-w-0">
            <h1 className="text-xl font-semibold tracking-tight break-words">{heading ?? title}</h1>
            {lead && <p className="mt-1 max-w-[70ch] text-muted">{lead}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
        {tabs}
      </header>
      {children}
    </div>
  )
}

type PanelProps = {
  title?: ReactNode
  actions?: ReactNode
  /** Without space around its content: for tables. */
  flush?: boolean
  className?: string
  children: ReactNode
}

/** A framed part of a page, named by its title. */
export function Panel({ title, actions, flush, className, children }: PanelProps) {
  const id = useId()
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={classes('min-w-0 rounded-lg border border-line bg-surface shadow-raised', className)}
    >
      {(title || actions) && (
        <div className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          {title && (
            <h2 id={id} className="font-semibold">
              {title}
            </h2>
          )}
          {actions && <div className="ms-auto flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
      )}
      {/* Relative: what is only heard stands in it and must not make the page wider. */}
      <div className={flush ? 'relative overflow-x-auto' : 'p-4'}>{children}</div>
    </section>
  )
}

/** Tabs whose contents have addresses of their own. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="mt-4 -mb-px flex gap-5 overflow-x-auto border-b border-line">
      {children}
    </nav>
  )
}

/** One of them. Forced colours have no transparent borders: those of the others are the ground's there. */
export function Tab({ children, ...link }: LinkProps & { children: ReactNode }) {
  return (
    <Link
      {...link}
      activeOptions={{ exact: true, includeSearch: false, ...link.activeOptions }}
      className="border-b-2 border-transparent py-2 font-medium whitespace-nowrap text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink forced-colors:border-b-4 forced-colors:border-[Canvas] forced-colors:aria-[current=page]:border-[Highlight]"
    >
      {children}
    </Link>
  )
}

/** Names and values, one pair a line; on narrow windows the value stands below its name. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid gap-x-6 gap-y-2 max-sm:[&>dd]:-mt-2 sm:grid-cols-[minmax(8rem,auto)_1fr]">{children}</dl>
}

/** One pair. */
export function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

/** A figure with its name, for the tops of pages. */
export function Figure({ name, value, note }: { name: ReactNode; value: ReactNode; note?: ReactNode }) {
  return (
    <div className="min-w-32 flex-1 px-4 py-3">
      <div className="text-sm text-muted">{name}</div>
      <div className="text-2xl font-semibold tracking-tight">{value}</div>
      {note && <div className="text-sm text-muted">{note}</div>}
    </div>
  )
}
