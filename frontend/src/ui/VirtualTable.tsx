// A table of very many rows that stays a <table>: only the rows in sight, and those near them, are in the page.
//
// Rows are all of one height and their cells of one line, so that places are known without measuring: ten thousand rows
// cost what forty do. Where rows come in above while somebody reads further down, what is read stays where it is.
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type ComponentProps, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { classes } from './classes'
import { useRowKeys } from './shortcuts'
import { Row, Table } from './Table'

/** Height of a row in `rem`: it grows with the reader's type. */
const ROW_REM = 2.25
/** Rows that are in the page above and below those in sight. */
const OVERSCAN = 8

type VirtualTableProps<T> = {
  label: string
  /** `<Column>`s; their classes say how wide they are (`w-32`), and one without a width takes the rest. */
  head: ReactNode
  rows: readonly T[]
  /** Must not change while the row is there. */
  rowKey: (row: T) => string
  /** The row's `<Cell>`s. */
  children: (row: T, index: number) => ReactNode
  rowProps?: (row: T) => ComponentProps<'tr'>
  /** Of the box that scrolls: give it a height. */
  className?: string
  tableClassName?: string
  /** Below the last row: for a button or a sentence about what lies behind. */
  foot?: ReactNode
  /** There are rows that are not loaded: their number is not known. */
  hasMore?: boolean
  /** The last row is in sight, or nearly. Called again with every change of the rows. */
  onEnd?: () => void
  /** Whether `j` and `k` walk the rows. */
  keys?: boolean
}

/** The table, in a box of its own that scrolls. */
export function VirtualTable<T>({
  label,
  head,
  rows,
  rowKey,
  children,
  rowProps,
  className,
  tableClassName,
  foot,
  hasMore = false,
  onEnd,
  keys = true,
}: VirtualTableProps<T>) {
  const box = useRef<HTMLDivElement>(null)
  useRowKeys(box, keys)
  const { items, totalSize, rowHeight, setFocusedKey } = useRowsInSight(box, rows, rowKey)

  const last = items.at(-1)?.index ?? -1
  const end = useRef(onEnd)
  end.current = onEnd
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - 1) end.current?.()
  }, [last, rows])

  let done = 0
  return (
    // biome-ignore lint/a11y/useSemanticElements: a box that scrolls is no fieldset
    <div
      ref={box}
      // What scrolls must be reachable by keyboard (axe: scrollable-region-focusable).
      tabIndex={0}
      role="group"
      aria-label={label}
      // The browser's own anchoring would fight with ours.
      style={{ overflowAnchor: 'none' }}
      className={classes('relative overflow-auto', className)}
    >
      <Table
        label={label}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
        className={classes(
          'table-fixed [&_td]:truncate [&_td]:py-1 [&_th]:truncate [&_td_:focus-visible]:-outline-offset-2',
          tableClassName,
        )}
      >
        <thead className="sticky top-0 z-10 bg-surface">
          <tr aria-rowindex={1} className="text-sm text-muted shadow-[inset_0_-1px_0_var(--color-line)]">
            {head}
          </tr>
        </thead>
        <tbody>
          {/* Flat, so that a row keeps its element, and with it the focus, wherever it goes. */}
          {items.flatMap(item => {
            const row = rows[item.index]
            if (row === undefined) return []
            const before = item.start - done
            done = item.end
            const { className: rowClass, ...rest } = rowProps?.(row) ?? {}
            return [
              before > 0 && <Spacer key={`before ${item.key}`} height={before} />,
              <Row
                key={item.key}
                aria-rowindex={item.index + 2}
                onFocus={() => setFocusedKey(String(item.key))}
                {...rest}
                // `last:border-0` of a row would hit whatever is the last one in the page.
                className={classes('last:border-b', rowClass)}
                style={{ height: rowHeight }}
              >
                {children(row, item.index)}
              </Row>,
            ]
          })}
          {totalSize > done && <Spacer height={totalSize - done} />}
        </tbody>
      </Table>
      {/* Beside the table and not in a <tfoot>: it is no row. It stays in sight when the table is wider than its box. */}
      {foot && <div className="sticky start-0 flex min-h-11 flex-wrap items-center gap-3 px-4 py-2">{foot}</div>}
    </div>
  )
}

/** What stands for the rows that are not in the page. */
function Spacer({ height }: { height: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused
    <tr aria-hidden="true" style={{ height }}>
      <td className="p-0" />
    </tr>
  )
}

function useRowsInSight<T>(
  box: { current: HTMLDivElement | null },
  rows: readonly T[],
  rowKey: (row: T) => string,
): {
  items: ReturnType<ReturnType<typeof useVirtualizer>['getVirtualItems']>
  totalSize: number
  rowHeight: number
  setFocusedKey: (key: string) => void
} {
  const [rowHeight] = useState(() => ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize))
  // The row that was focused last stays in the page wherever it is: a drawer gives the focus back to it.
  const [focusedKey, setFocusedKey] = useState<string | null>(null)
  const focused = useMemo(
    () => (focusedKey === null ? -1 : rows.findIndex(row => rowKey(row) === focusedKey)),
    [rows, rowKey, focusedKey],
  )
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLTableRowElement>({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    getItemKey: useCallback(
      (index: number) => {
        const row = rows[index]
        return row === undefined ? index : rowKey(row)
      },
      [rows, rowKey],
    ),
    overscan: OVERSCAN,
    // `end` keeps the place of what is in sight when rows come in above. Whoever is at the top wants to see them.
    anchorTo: (box.current?.scrollTop ?? 0) > 0 ? 'end' : 'start',
    rangeExtractor: range => {
      const indexes = defaultRangeExtractor(range)
      if (focused === -1 || indexes.includes(focused)) return indexes
      return [...indexes, focused].sort((a, b) => a - b)
    },
  })
  return { items: virtualizer.getVirtualItems(), totalSize: virtualizer.getTotalSize(), rowHeight, setFocusedKey }
}
