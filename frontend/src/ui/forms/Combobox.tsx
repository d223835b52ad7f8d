// One of many, found by typing: the ARIA combobox pattern with a list in the browser's top layer.
// It keeps no results. Whoever uses it either gives all options, which are then filtered here, or takes `onSearch` and
// gives those that were found (server state lives in the query cache).
import { Trans, useLingui } from '@lingui/react/macro'
import { ChevronsUpDown, Plus, X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { IconButton } from '../Button'
import { classes } from '../classes'
import { useFloating } from '../useFloating'
import type { ControlProps } from './Field'
import { box } from './inputs'
import { type ComboboxOption, type ComboboxProps, useCombobox } from './useCombobox'

export type { ComboboxOption } from './useCombobox'

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
