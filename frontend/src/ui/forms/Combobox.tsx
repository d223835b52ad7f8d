// One of many, found by typing: the ARIA combobox pattern with a list in the browser's top layer.
// It keeps no results. Whoever uses it either gives all options, which are then filtered here, or takes `onSearch` and
// gives those that were found (server state lives in the query cache).
import { Trans, useLingui } from '@lingui/react/macro'
import { ChevronsUpDown, Plus, X } from 'lucide-react'
import { type ReactNode, type Ref, useRef } from 'react'
import { IconButton } from '../Button'
import { classes } from '../classes'
import { useFloating } from '../useFloating'
import type { ControlProps } from './Field'
import { box } from './inputs'
import { type Entry, useCombobox } from './useCombobox'

/** One choice. `value` is what is kept, `label` what is shown, `detail` what tells it from others. */
export type ComboboxOption = { value: string; label: string; detail?: ReactNode }

/** What a combobox is given. */
export type ComboboxProps<O extends ComboboxOption> = Partial<ControlProps> & {
  value: string | null
  /** `option` is null when the choice was cleared. */
  onChange: (value: string | null, option: O | null) => void
  options: readonly O[]
  /** What the chosen value is called while no option has it. Else the value itself is shown. */
  valueLabel?: string | undefined
  /** Called with what was typed, a moment after the last key, and with `''` on opening. The options are then not filtered. */
  onSearch?: (text: string) => void
  /** A search is under way. */
  pending?: boolean
  /** Why there are no options. */
  failure?: string | undefined
  /** The entry at the end of the list that makes something new: its text, and what it does with what was typed. */
  create?: { label: (typed: string) => string; onCreate: (typed: string) => void }
  onBlur?: () => void
  placeholder?: string
  disabled?: boolean
  /** Without the button that clears the choice. */
  fixed?: boolean
  mono?: boolean
  name?: string
  /** For react-hook-form, to focus it. */
  ref?: Ref<HTMLInputElement>
  'aria-label'?: string
}

/** A picker with search. Escape closes its list, and only then whatever it stands in. */
export function Combobox<O extends ComboboxOption>(props: ComboboxProps<O>) {
  const { value, onChange, placeholder, disabled, fixed, mono, name, ref, create } = props
  const { t } = useLingui()
  const anchor = useRef<HTMLDivElement>(null)
  const popover = useRef<HTMLDivElement>(null)
  const list = useCombobox(props)
  const place = useFloating(anchor, popover, list.isOpen)
  const listed = list.isOpen && list.entries.length > 0
  const { onKeyDown, ...input } = list.getInputProps({
    ...(ref && { ref }),
    disabled,
    'aria-label': props['aria-label'],
    onChange: event => list.setTyped(event.currentTarget.value),
    onBlur: props.onBlur,
  })
  // The part around the list counts as the list: who scrolls it with the pointer does not leave it.
  const { ref: menuRef, ...menu } = list.getMenuProps(
    { ref: popover, 'aria-label': t`Choices` },
    { suppressRefError: true },
  )
  const clear = () => {
    list.closeMenu()
    onChange(null, null)
    anchor.current?.querySelector('input')?.focus()
  }
  return (
    <div ref={anchor} className="relative">
      <input
        type="text"
        spellCheck={false}
        {...input}
        role="combobox"
        {...controlOf(props)}
        name={name}
        placeholder={placeholder}
        aria-expanded={listed}
        aria-controls={listed ? input['aria-controls'] : undefined}
        aria-activedescendant={list.entries[list.highlightedIndex] && input['aria-activedescendant']}
        onKeyDown={event => list.isListKey(event) && onKeyDown?.(event)}
        className={classes(box, 'pe-16', mono && 'font-mono text-sm')}
      />
      <div className="absolute inset-y-0 end-0 flex items-center">
        {value !== null && !fixed && !disabled && (
          <IconButton label={t`Clear`} onClick={clear} className="size-7">
            <X aria-hidden className="size-4" />
          </IconButton>
        )}
        {/* A pointer's way to the list: the keyboard has its own. */}
        <button
          type="button"
          {...list.getToggleButtonProps({
            ...(disabled && { disabled }),
            onMouseDown: event => event.preventDefault(),
          })}
          aria-hidden
          className="me-1 inline-flex size-6 items-center justify-center rounded-sm text-muted"
        >
          <ChevronsUpDown aria-hidden className="size-4" />
        </button>
      </div>
      {list.isOpen && (
        // biome-ignore lint/a11y/noStaticElementInteractions: only keeps the focus where it is
        <div
          ref={menuRef}
          role="presentation"
          popover="manual"
          style={place}
          onMouseDown={event => event.preventDefault()}
          className="fixed m-0 overflow-y-auto rounded-md border border-line bg-surface p-1 text-ink shadow-over"
        >
          {listed && (
            <div {...menu} tabIndex={-1}>
              {list.entries.map((entry, index) => (
                <div
                  key={entry.value ?? ''}
                  {...list.getItemProps({ item: entry, index, 'aria-selected': entry.value === value })}
                  tabIndex={-1}
                  className={classes(
                    'flex min-h-8 cursor-pointer items-center gap-x-3 rounded-sm px-2 py-1',
                    index === list.highlightedIndex && 'bg-hover outline-2 -outline-offset-2 outline-accent',
                    entry.value === value && 'font-medium text-accent',
                  )}
                >
                  <EntryText entry={entry} created={create?.label(list.typed?.trim() ?? '')} mono={mono} />
                </div>
              ))}
            </div>
          )}
          <ListNote {...props} empty={!list.entries.some(entry => entry.option)} />
        </div>
      )}
    </div>
  )
}

function controlOf({ id, ...props }: Partial<ControlProps>) {
  const { 'aria-describedby': describedBy, 'aria-invalid': invalid, 'aria-required': required } = props
  return {
    id,
    // It has a <label>, or an `aria-label`.
    'aria-labelledby': undefined,
    'aria-describedby': describedBy,
    'aria-invalid': invalid,
    'aria-required': required,
  }
}

type EntryTextProps = { entry: Entry<ComboboxOption>; created: string | undefined; mono: boolean | undefined }

function EntryText({ entry: { option }, created, mono }: EntryTextProps) {
  if (option === null) {
    return (
      <>
        <Plus aria-hidden className="size-4 text-accent" />
        {created}
      </>
    )
  }
  const { label, detail } = option
  return (
    <>
      <span className={classes('min-w-0 flex-1 break-words', mono && 'font-mono text-sm')}>{label}</span>
      {detail && <span className="shrink-0 text-sm font-normal text-muted">{detail}</span>}
    </>
  )
}

function ListNote({ pending, failure, empty }: { pending?: boolean; failure?: string | undefined; empty: boolean }) {
  const text = failure ?? (pending ? <Trans>Searching…</Trans> : empty ? <Trans>Nothing matches.</Trans> : null)
  return (
    <p role="status" className={classes('text-sm', text && 'px-2 py-1.5', failure ? 'text-bad' : 'text-muted')}>
      {text}
    </p>
  )
}
