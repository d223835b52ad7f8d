// Light, dark, or as the system says. public/theme.js applies the stored choice before the page is painted.
export type Theme = 'system' | 'light' | 'dark'

const STORED = 'latchkey.theme'

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
}
