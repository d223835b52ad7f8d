// A list of rows of controls that can be added and taken away.
import { useLingui } from '@lingui/react/macro'
import { Plus, X } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { Button, IconButton } from '../Button'

type RowsProps = {
  /** What the rows are, for those who hear the page. */
  label: string
  /** One key per row. */
  keys: readonly string[]
  addLabel: ReactNode
  onAdd: () => void
  onRemove: (index: number) => void
  /** Shown instead of rows while there are none. */
  empty?: ReactNode
  /** What is wrong with the list as a whole. */
  error?: string | undefined
  children: (index: number) => ReactNode
}

/** The rows, a button on each that removes it, and one below that adds one. */
export function Rows({ label, keys, addLabel, onAdd, onRemove, empty, error, children }: RowsProps) {
  const { t } = useLingui()
  const add = useRef<HTMLDivElement>(null)
  const remove = (index: number) => {
    onRemove(index)
    // The focus was on what is gone now.
    add.current?.querySelector('button')?.focus()
  }
  return (
    <div className="flex flex-col gap-2">
      {keys.length > 0 ? (
        <ul aria-label={label} className="flex flex-col gap-2">
          {keys.map((key, index) => (
            <li key={key} className="flex items-start gap-1">
              <div className="grid min-w-0 flex-1 gap-2 sm:auto-cols-fr sm:grid-flow-col">{children(index)}</div>
              <IconButton label={t`Remove row ${index + 1}`} onClick={() => remove(index)}>
                <X aria-hidden className="size-4" />
              </IconButton>
            </li>
          ))}
        </ul>
      ) : (
        empty && <p className="text-sm text-muted">{empty}</p>
      )}
      {error && (
        <p role="alert" className="text-sm text-bad">
          {error}
        </p>
      )}
      <div ref={add}>
        <Button onClick={onAdd} icon={<Plus aria-hidden className="size-4" />}>
          {addLabel}
        </Button>
      </div>
    </div>
  )
}
