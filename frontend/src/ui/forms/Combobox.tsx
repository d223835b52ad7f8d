// One of many, found by typing: the ARIA combobox pattern with a list in the browser's top layer.
// It keeps no results. Whoever uses it either gives all options, which are then filtered here, or takes `onSearch` and
// gives those that were found (server state lives in the query cache).
import { Trans, useLingui } from '@lingui/react/macro'
import { ChevronsUpDown, Plus, X } from 'lucide-react'
import { type ReactNode, type Ref, useEffect, useId, useRef, useState } from 'react'
import { IconButton } from '../Button'
import { classes } from '../classes'
import { useFloating } from '../useFloating'
import type { ControlProps } from './Field'
import { box } from './inputs'

/** One choice. `value` is what is kept, `label` what is shown, `detail` what tells it from others. */
export type ComboboxOption = { value: string; label: string; detail?: ReactNode }

type ComboboxProps<O extends ComboboxOption> = Partial<ControlProps> & {
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

const SEARCH_DELAY_MS = 180

/** A picker with search. Escape closes its list, and only then whatever it stands in. */
export function Combobox<O extends ComboboxOption>(props: ComboboxProps<O>) {
  const { value, placeholder, disabled, fixed, mono, name, ref, valueLabel } = props
  const { t } = useLingui()
  const id = useId()
  const anchor = useRef<HTMLDivElement>(null)
  const popover = useRef<HTMLDivElement>(null)
  const list = useCombobox(props)
  const place = useFloating(anchor, popover, list.open)
  const chosen = props.options.find(option => option.value === value)
  const settled = value === null ? '' : (chosen?.label ?? valueLabel ?? value)
  const listed = list.open && list.entries > 0
  const clear = () => {
    props.onChange(null, null)
    list.close()
    anchor.current?.querySelector('input')?.focus()
  }
  return (
    <div ref={anchor} className="relative">
      <input
        type="text"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        ref={ref}
        {...controlOf(props)}
        name={name}
        disabled={disabled}
        placeholder={placeholder}
        aria-autocomplete="list"
        aria-expanded={listed}
        aria-controls={listed ? `${id}-list` : undefined}
        aria-activedescendant={listed && list.active >= 0 ? `${id}-${list.active}` : undefined}
        value={list.typed ?? settled}
        onChange={event => list.type(event.target.value)}
        onKeyDown={list.onKeyDown}
        onClick={list.show}
        onBlur={list.leave}
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
          tabIndex={-1}
          aria-hidden
          disabled={disabled}
          onMouseDown={event => event.preventDefault()}
          onClick={() => {
            anchor.current?.querySelector('input')?.focus()
            if (list.open) list.close()
            else list.show()
          }}
          className="me-1 inline-flex size-6 items-center justify-center rounded-sm text-muted"
        >
          <ChevronsUpDown aria-hidden className="size-4" />
        </button>
      </div>
      {list.open && (
        <div
          ref={popover}
          popover="manual"
          style={place}
          className="fixed m-0 overflow-y-auto rounded-md border border-line bg-surface p-1 text-ink shadow-over"
        >
          <Options id={`${id}-list`} itemId={id} list={list} chosen={value} create={props.create} mono={mono} />
          <ListNote {...props} empty={list.options.length === 0} />
        </div>
      )}
    </div>
  )
}

function controlOf(props: Partial<ControlProps> & { 'aria-label'?: string }) {
  const { id, 'aria-describedby': describedBy, 'aria-invalid': invalid, 'aria-required': required } = props
  return {
    id,
    'aria-label': props['aria-label'],
    'aria-describedby': describedBy,
    'aria-invalid': invalid,
    'aria-required': required,
  }
}

/** The list's state, and what keys do to it. */
function useCombobox<O extends ComboboxOption>(props: ComboboxProps<O>) {
  const { options: given, onChange, onSearch, create, onBlur } = props
  const [open, setOpen] = useState(false)
  /** What was typed since the list opened; null while the field shows the choice. */
  const [typed, setTyped] = useState<string | null>(null)
  const [active, setActive] = useState(-1)
  const searched = open ? (typed ?? '') : null
  const search = useRef(onSearch)
  search.current = onSearch
  useEffect(() => {
    if (searched === null || !search.current) return
    const timer = setTimeout(() => search.current?.(searched), searched === '' ? 0 : SEARCH_DELAY_MS)
    return () => clearTimeout(timer)
  }, [searched])

  const options = onSearch ? given : filterOptions(given, typed ?? '')
  const entries = options.length + (create ? 1 : 0)
  const at = Math.min(active, entries - 1)

  const close = () => {
    setOpen(false)
    setTyped(null)
    setActive(-1)
  }
  const show = () => {
    if (open || props.disabled) return
    setOpen(true)
    setActive(onSearch ? -1 : given.findIndex(option => option.value === props.value))
  }
  const choose = (index: number) => {
    const option = options[index]
    if (option) onChange(option.value, option)
    else create?.onCreate(typed?.trim() ?? '')
    close()
  }
  const step = (by: 1 | -1) => {
    if (!open) show()
    else if (entries > 0) setActive(at === -1 && by === -1 ? entries - 1 : (at + by + entries) % entries)
  }
  /** Does what a key asks for; says whether it meant the list. */
  const press = (key: string): boolean => {
    switch (key) {
      case 'ArrowDown':
        step(1)
        return true
      case 'ArrowUp':
        step(-1)
        return true
      case 'Enter':
        if (open && at >= 0) choose(at)
        return open
      // What this Escape does not close is closed by the next one: a dialog around it stays open.
      case 'Escape':
        close()
        return open
      default:
        return false
    }
  }
  return {
    open,
    typed,
    options,
    entries,
    active: at,
    show,
    close,
    choose,
    setActive,
    type: (text: string) => {
      setOpen(true)
      setTyped(text)
      setActive(text === '' ? -1 : 0)
    },
    onKeyDown: (event: React.KeyboardEvent) => {
      if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey) return
      if (press(event.key)) event.preventDefault()
    },
    leave: () => {
      // An emptied field is a cleared choice; any other text that was not chosen is forgotten.
      if (typed === '' && !props.fixed && props.value !== null) onChange(null, null)
      close()
      onBlur?.()
    },
  }
}

/** Those whose label or value contains all the words that were typed. */
export function filterOptions<O extends ComboboxOption>(options: readonly O[], typed: string): readonly O[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return options
  return options.filter(({ value, label }) => {
    const text = `${label} ${value}`.toLowerCase()
    return words.every(word => text.includes(word))
  })
}

type OptionsProps = {
  id: string
  itemId: string
  list: ReturnType<typeof useCombobox>
  chosen: string | null
  create: ComboboxProps<ComboboxOption>['create']
  mono: boolean | undefined
}

function Options({ id, itemId, list, chosen, create, mono }: OptionsProps) {
  const { t } = useLingui()
  const active = useRef<HTMLDivElement>(null)
  // Braces: newer browsers return a promise, which React would take for a clean-up.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the entry that the keys have come to is to be seen
  useEffect(() => {
    active.current?.scrollIntoView({ block: 'nearest' })
  }, [list.active])
  if (list.entries === 0) return null
  const entry = (index: number, isChosen: boolean, children: ReactNode) => (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
    <div
      key={index}
      ref={index === list.active ? active : undefined}
      id={`${itemId}-${index}`}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      onMouseDown={event => event.preventDefault()}
      onMouseMove={() => list.setActive(index)}
      onClick={() => list.choose(index)}
      className={classes(
        'flex min-h-8 cursor-pointer items-center gap-x-3 rounded-sm px-2 py-1',
        index === list.active && 'bg-hover outline-2 -outline-offset-2 outline-accent',
        isChosen && 'font-medium text-accent',
      )}
    >
      {children}
    </div>
  )
  return (
    <div id={id} role="listbox" aria-label={t`Choices`} tabIndex={-1}>
      {list.options.map(({ value, label, detail }, index) =>
        entry(
          index,
          value === chosen,
          <>
            <span className={classes('min-w-0 flex-1 break-words', mono && 'font-mono text-sm')}>{label}</span>
            {detail && <span className="shrink-0 text-sm font-normal text-muted">{detail}</span>}
          </>,
        ),
      )}
      {create &&
        entry(
          list.options.length,
          false,
          <>
            <Plus aria-hidden className="size-4 text-accent" />
            {create.label(list.typed?.trim() ?? '')}
          </>,
        )}
    </div>
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
