// Tables of entries. They stay `<table>`s, whatever is done to their rows.
import type { ComponentProps, ReactNode } from 'react'
import { classes } from './classes'

/** A table; `label` names it for those who do not see what stands above it. */
export function Table({ label, className, ...rest }: ComponentProps<'table'> & { label: string }) {
  return <table aria-label={label} className={classes('w-full border-collapse text-start', className)} {...rest} />
}

/** The row of column heads. */
export function Head({ children }: { children: ReactNode }) {
  return (
    <thead>
      <tr className="border-b border-line text-sm text-muted">{children}</tr>
    </thead>
  )
}

type CellProps = { align?: 'end' /** Left out on narrow windows. */; secondary?: boolean }

/** The head of a column. */
export function Column({ align, secondary, className, ...rest }: Omit<ComponentProps<'th'>, 'align'> & CellProps) {
  return (
    <th
      scope="col"
      {...rest}
      className={classes(
        'px-4 py-2 font-medium whitespace-nowrap',
        align === 'end' ? 'text-end' : 'text-start',
        secondary && 'max-md:hidden',
        className,
      )}
    />
  )
}

/** A row. `data-row` makes it one that `j` and `k` walk to: see `useRowKeys`. */
export function Row({ className, ...rest }: ComponentProps<'tr'>) {
  return (
    <tr
      data-row
      {...rest}
      className={classes(
        'border-b border-line last:border-0 hover:bg-hover has-[:focus-visible]:bg-hover aria-selected:bg-accent-soft',
        className,
      )}
    />
  )
}

/** A cell. */
export function Cell({ align, secondary, className, ...rest }: Omit<ComponentProps<'td'>, 'align'> & CellProps) {
  return (
    <td
      {...rest}
      className={classes('px-4 py-2', align === 'end' && 'text-end', secondary && 'max-md:hidden', className)}
    />
  )
}
