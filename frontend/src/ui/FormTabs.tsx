// Tabs within a form: what is not shown keeps what was typed, and a tab says how many errors wait behind it.
import { plural } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'
import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react'
import { classes } from './classes'

/** One tab. `count` stands behind its name: how many entries it has. */
export type FormTab<T extends string> = { value: T; label: ReactNode; count?: number; errors?: number }

type FormTabsProps<T extends string> = {
  label: string
  tabs: readonly FormTab<T>[]
  value: T
  onChange: (value: T) => void
  /** Each panel is asked for once; those that are not shown are hidden, not gone. */
  children: (value: T, shown: boolean) => ReactNode
  className?: string
}

/** A list of tabs and their panels, by the ARIA tabs pattern: arrows walk, Home and End jump. */
export function FormTabs<T extends string>({ label, tabs, value, onChange, children, className }: FormTabsProps<T>) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const walk = (event: KeyboardEvent) => {
    const here = tabs.findIndex(tab => tab.value === value)
    const forwards = list.current && getComputedStyle(list.current).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight'
    const steps: Record<string, number> = { ArrowLeft: here - 1, ArrowRight: here - 1, Home: 0, End: tabs.length - 1 }
    steps[forwards] = here + 1
    const next = tabs[((steps[event.key] ?? here) + tabs.length) % tabs.length]
    if (!(event.key in steps) || !next) return
    event.preventDefault()
    onChange(next.value)
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.value}"]`)?.focus()
  }
  return (
    <>
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        className={classes('flex gap-4 overflow-x-auto border-b border-line', className)}
      >
        {tabs.map(tab => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            data-tab={tab.value}
            id={`${id}-${tab.value}`}
            aria-selected={tab.value === value}
            aria-controls={`${id}-${tab.value}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChange(tab.value)}
            onKeyDown={walk}
            className="-mb-px inline-flex items-center gap-1.5 border-b-2 border-transparent py-2 font-medium whitespace-nowrap text-muted -outline-offset-2 hover:text-ink aria-selected:border-accent aria-selected:text-ink forced-colors:border-b-4 forced-colors:border-[Canvas] forced-colors:aria-selected:border-[Highlight]"
          >
            {tab.label}
            {Boolean(tab.count) && <span className="text-sm font-normal text-muted">{tab.count}</span>}
            <Errors count={tab.errors ?? 0} />
          </button>
        ))}
      </div>
      {tabs.map(tab => (
        <div
          key={tab.value}
          role="tabpanel"
          id={`${id}-${tab.value}-panel`}
          aria-labelledby={`${id}-${tab.value}`}
          hidden={tab.value !== value}
        >
          {children(tab.value, tab.value === value)}
        </div>
      ))}
    </>
  )
}

function Errors({ count }: { count: number }) {
  const { t } = useLingui()
  if (count === 0) return null
  return (
    <span className="rounded-full bg-bad-soft px-1.5 text-xs font-semibold text-bad forced-colors:border">
      <span aria-hidden>{count}</span>
      <span className="sr-only">{t`${plural(count, { one: '# error', other: '# errors' })}`}</span>
    </span>
  )
}
