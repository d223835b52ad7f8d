// What keys and the pointer do to a combobox: downshift's machine, and where ours differs from it.
import { useCombobox as useDownshift } from 'downshift'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { matchesWords } from '../matchesWords'
import type { ComboboxOption, ComboboxProps } from './Combobox'

/** What the list offers: an option, or, with null for its value, to make something new. */
export type Entry<O> = { value: string | null; option: O | null }

const SEARCH_DELAY_MS = 180
const does = useDownshift.stateChangeTypes

/** The list's state, and the props of the elements that it is made of. */
export function useCombobox<O extends ComboboxOption>(props: ComboboxProps<O>) {
  const { value, options, onChange, onSearch, create } = props
  /** What was typed since the list opened; null while the field shows the choice. */
  const [typed, setTyped] = useState<string | null>(null)
  const chosen = options.find(option => option.value === value) ?? null
  const settled = value === null ? '' : (chosen?.label ?? props.valueLabel ?? value)
  const found = onSearch ? options : filterOptions(options, typed ?? '')
  const entries: Entry<O>[] = found.map(option => ({ value: option.value, option }))
  if (create) entries.push({ value: null, option: null })

  const list = useDownshift<Entry<O>>({
    items: entries,
    itemToKey: entry => entry?.value ?? null,
    inputValue: typed ?? settled,
    selectedItem: value === null ? null : { value, option: chosen },
    onSelectedItemChange: ({ selectedItem: entry }) => {
      if (entry === null) onChange(null, null)
      else if (entry.value === null) create?.onCreate(typed?.trim() ?? '')
      else if (entry.option) onChange(entry.value, entry.option)
    },
    onIsOpenChange: ({ isOpen }) => {
      if (!isOpen) setTyped(null)
    },
    // A list that has just opened has no height yet: `useFloating` comes after this.
    scrollIntoView: entry => queueMicrotask(() => entry?.scrollIntoView({ block: 'nearest' })),
    stateReducer: (state, { type, changes, props: { items } }) => {
      switch (type) {
        case does.InputChange:
          return { ...changes, highlightedIndex: changes.inputValue ? 0 : -1 }
        case does.InputClick:
        case does.ToggleButtonClick:
        case does.InputKeyDownArrowDown:
        case does.InputKeyDownArrowUp:
          // Clicks into the text of an open list move its cursor.
          if (state.isOpen) return type === does.InputClick ? state : changes
          // What is listed before the first answer was found for something else.
          return onSearch ? { ...changes, highlightedIndex: -1 } : changes
        case does.InputKeyDownEnter:
          return items[state.highlightedIndex] ? changes : state
        case does.MenuMouseLeave:
          return state
        case does.InputBlur:
          // Leaving chooses nothing. An emptied field is a cleared choice; any other text is forgotten.
          return {
            isOpen: false,
            highlightedIndex: -1,
            selectedItem: typed === '' && !props.fixed ? null : state.selectedItem,
          }
        default:
          return changes
      }
    },
  })

  useSearch(onSearch, list.isOpen ? (typed ?? '') : null)
  return { ...list, typed, entries, setTyped, isListKey: (event: KeyboardEvent) => isListKey(event, list.isOpen) }
}

/** Whether a key is for the list. All others are the field's, or for what is around it. */
function isListKey({ key, nativeEvent, ctrlKey, metaKey }: KeyboardEvent, isOpen: boolean): boolean {
  if (nativeEvent.isComposing || ctrlKey || metaKey) return false
  // What this Escape does not close is closed by the next one: downshift would take it to clear the choice.
  if (key === 'Escape') return isOpen
  return key !== 'Home' && key !== 'End'
}

/** Asks for a text a moment after the last key, and at once when the list opens; null is a closed list. */
function useSearch(onSearch: ((text: string) => void) | undefined, text: string | null) {
  const search = useRef(onSearch)
  search.current = onSearch
  useEffect(() => {
    if (text === null) return
    const timer = setTimeout(() => search.current?.(text), text === '' ? 0 : SEARCH_DELAY_MS)
    return () => clearTimeout(timer)
  }, [text])
}

/** Those whose label or value contains all the words that were typed. */
export function filterOptions<O extends ComboboxOption>(options: readonly O[], typed: string): readonly O[] {
  return options.filter(({ value, label }) => matchesWords(typed, `${label} ${value}`))
}
