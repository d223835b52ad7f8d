// Keyboard shortcuts. One listener for the whole page; what is on top of the stack is asked first.
import { useEffect, useRef } from 'react'

/**
 * What keys do, by the key's name as in `KeyboardEvent.key`; `Mod+Enter` is Ctrl or ⌘ with Enter, `g c` is one after the
 * other. Keys without `Mod` do nothing while somebody types.
 */
export type Shortcuts = Record<string, (event: KeyboardEvent) => void>

const STORED = 'latchkey.shortcuts'
const SEQUENCE_MS = 1_200
const stack: { current: Shortcuts }[] = []
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
    if (!active) return
    if (stack.length === 0) document.addEventListener('keydown', listen)
    stack.push(ref)
    return () => {
      stack.splice(stack.indexOf(ref), 1)
      if (stack.length === 0) document.removeEventListener('keydown', listen)
    }
  }, [active])
}

function listen(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const mod = event.ctrlKey || event.metaKey
  if (!mod && (isTyping(event) || isPressing(event) || !shortcutsEnabled())) return
  const single = mod ? `Mod+${event.key}` : event.key
  const sequence = Date.now() - prefixAt < SEQUENCE_MS ? `${prefix} ${single}` : single
  for (const name of [sequence, single]) {
    const action = stack.findLast(({ current }) => current[name])?.current[name]
    if (!action) continue
    prefix = ''
    event.preventDefault()
    action(event)
    return
  }
  prefix = single
  prefixAt = Date.now()
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
    const rows = [...(container.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
    const here = rows.findIndex(row => row.contains(document.activeElement))
    const next = rows[here === -1 ? (step === 1 ? 0 : rows.length - 1) : here + step]
    const within = (selector: string) => next?.querySelector<HTMLElement>(selector)
    const handle = next?.matches('a, button') ? next : (within('[data-row-handle]') ?? within('a, button'))
    handle?.focus()
    next?.scrollIntoView({ block: 'nearest' })
  }
  useShortcuts({ j: () => walk(1), k: () => walk(-1) }, active)
}
