// Light, dark, or as the system says. public/theme.js applies the stored choice before the page is painted.
import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const STORED = 'latchkey.theme'
const watchers = new Set<() => void>()

/** The stored choice. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem(STORED)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

/** Keeps a choice and applies it. */
export function chooseTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(STORED)
    delete document.documentElement.dataset.theme
  } else {
    localStorage.setItem(STORED, theme)
    document.documentElement.dataset.theme = theme
  }
  for (const changed of watchers) changed()
}

/** The stored choice as it is now: it can be made in the settings and in the palette. */
export function useTheme(): Theme {
  return useSyncExternalStore(watch, storedTheme)
}

function watch(changed: () => void): () => void {
  watchers.add(changed)
  return () => watchers.delete(changed)
}
