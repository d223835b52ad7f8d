// What a picker with search keeps while its list is open, and what keys do to it.
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useRef, useState } from 'react'
import { matchesWords } from '../matchesWords'
import type { ControlProps } from './Field'

/** One choice. `value` is what is kept, `label` what is shown, `detail` what tells it from others. */
export type ComboboxOption = { value: string; label: string; detail?: ReactNode }

/** What a picker with search takes. */
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

/** How long nothing is typed before something is searched. */
const SEARCH_DELAY_MS = 180

/** The list's state, and what keys do to it. */
export function useCombobox<O extends ComboboxOption>(props: ComboboxProps<O>) {
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
    onKeyDown: (event: KeyboardEvent) => {
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
  return options.filter(({ value, label }) => matchesWords(typed, `${label} ${value}`))
}
