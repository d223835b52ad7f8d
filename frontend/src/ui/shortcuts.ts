// Keyboard shortcuts. One listener for the whole page; what is on top of the stack is asked first.
import { useEffect, useLayoutEffect, useRef } from 'react'

/**
 * What keys do, by the key's name as in `KeyboardEvent.key`; `Mod+Enter` is Ctrl or ⌘ with Enter, `g c` is one after the
 * other. Keys without `Mod` do nothing while somebody types.
 */
export type Shortcuts = Record<string, (event: KeyboardEvent) => void>

const STORED = 'latchkey.shortcuts'
const SEQUENCE_MS = 1_200
type Entry = { current: Shortcuts /** Nothing below it is asked. */; isBarrier?: true }
const stack: Entry[] = []
let prefix = ''
let prefixAt = 0

/** Whether single keys do anything. They can be switched off (WCAG 2.1.4). */
export function shortcutsEnabled(): boolean {
  return localStorage.getItem(STORED) !== 'off'
}

/** Switches single keys on or off. */
export function enableShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(STORED)
  else localStorage.setItem(STORED, 'off')
}

/** Listens to keys as long as the component is there. */
export function useShortcuts(shortcuts: Shortcuts, active = true): void {
  const ref = useRef(shortcuts)
  ref.current = shortcuts
  useEffect(() => {
    if (active) return put(ref)
  }, [active])
}

/**
 * Keeps what is below from hearing keys as long as the component is there: for dialogs. Layout effects come before the
 * others, so that what appears together with it, within it or around it, is above.
 */
export function useShortcutBarrier(): void {
  useLayoutEffect(() => put({ current: {}, isBarrier: true }), [])
}

/** Puts something on the stack; returns what takes it off again. */
function put(entry: Entry): () => void {
  if (stack.length === 0) document.addEventListener('keydown', listen)
  stack.push(entry)
  return () => {
    stack.splice(stack.indexOf(entry), 1)
    if (stack.length === 0) document.removeEventListener('keydown', listen)
  }
}

function listen(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || (event.altKey && !isWrittenWithAlt(event))) return
  const mod = !event.altKey && (event.ctrlKey || event.metaKey)
  if (!mod && (isTyping(event) || isPressing(event) || !shortcutsEnabled())) return
  const single = mod ? `Mod+${event.key}` : event.key
  const sequence = Date.now() - prefixAt < SEQUENCE_MS ? `${prefix} ${single}` : single
  const heard = stack.slice(stack.findLastIndex(({ isBarrier }) => isBarrier) + 1)
  for (const name of [sequence, single]) {
    const action = heard.findLast(({ current }) => current[name])?.current[name]
    if (!action) continue
    prefix = ''
    event.preventDefault()
    action(event)
    return
  }
  prefix = single
  prefixAt = Date.now()
}

/** Many keyboards have these only with AltGr, which is Ctrl and Alt on Windows, or with Option. */
function isWrittenWithAlt({ key }: KeyboardEvent): boolean {
  return ['[', ']', '/', '?'].includes(key)
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}

/** Space on a button presses it, whatever it would do elsewhere; Enter does so on links as well. */
function isPressing({ key, target }: KeyboardEvent): boolean {
  const pressed = key === ' ' ? 'button, summary' : key === 'Enter' ? 'a, button, summary' : null
  return pressed !== null && target instanceof HTMLElement && target.matches(pressed)
}

/**
 * Makes `j` and `k` walk the rows (`data-row`) within an element, by focusing the link or button of each that is marked
 * with `data-row-handle`, or else the first one.
 */
export function useRowKeys(container: { current: HTMLElement | null }, active = true): void {
  const walk = (step: 1 | -1) => {
    const all = container.current?.querySelectorAll<HTMLElement>('[data-row]') ?? []
    // Rows that are only read, as those of a comparison, are no places to be.
    const rows = [...all].flatMap(row => {
      const handle = handleOf(row)
      return handle ? [{ row, handle }] : []
    })
    const here = rows.findIndex(({ row }) => row.contains(document.activeElement))
    const next = rows[here === -1 ? (step === 1 ? 0 : rows.length - 1) : here + step]
    next?.handle.focus()
    next?.row.scrollIntoView({ block: 'nearest' })
  }
  useShortcuts({ j: () => walk(1), k: () => walk(-1) }, active)
}

function handleOf(row: HTMLElement): HTMLElement | null {
  if (row.matches('a, button')) return row
  return row.querySelector<HTMLElement>('[data-row-handle]') ?? row.querySelector<HTMLElement>('a, button')
}
