// Which language the pages speak. British English is the source and is always there; the rest is loaded when chosen.
import { i18n, type Messages } from '@lingui/core'
import { compileMessage } from '@lingui/message-utils/compileMessage'

/** The languages that can be chosen, under their own names. The pseudo-locale is for tests and is not among them. */
export const LANGUAGES = { 'en-GB': 'English (UK)', 'en-US': 'English (US)', de: 'Deutsch' } as const

export type Locale = keyof typeof LANGUAGES | 'pseudo'

const STORED = 'latchkey.locale'

const catalogues: Record<Exclude<Locale, 'en-GB'>, () => Promise<{ messages: Messages }>> = {
  'en-US': () => import('../locales/en-US'),
  de: () => import('../locales/de'),
  pseudo: () => import('../locales/pseudo'),
}

/** The stored choice, else the first of the browser's languages that there is. */
export function preferredLocale(): Locale {
  const stored = localStorage.getItem(STORED)
  if (stored !== null && (Object.hasOwn(LANGUAGES, stored) || stored === 'pseudo')) return stored as Locale
  for (const wanted of navigator.languages) {
    if (Object.hasOwn(LANGUAGES, wanted)) return wanted as Locale
    const language = wanted.split('-')[0]
    if (language === 'de') return 'de'
    if (language === 'en') return 'en-GB'
  }
  return 'en-GB'
}

/** Keeps a choice and speaks it. */
export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(STORED, locale)
  await activate(locale)
}

/** What was asked for last: a catalogue that comes late must not take the place of a later choice. */
let wanted: Locale | null = null

/** Loads a language and speaks it, unless another one is asked for meanwhile. */
export async function activate(locale: Locale): Promise<void> {
  wanted = locale
  const messages = locale === 'en-GB' ? {} : (await catalogues[locale]()).messages
  if (wanted !== locale) return
  i18n.setMessagesCompiler(compileMessage)
  i18n.load(locale, messages)
  i18n.activate(locale)
  // The pseudo-locale is written from right to left, so that tests see a layout that only works in one direction.
  document.documentElement.lang = locale === 'pseudo' ? 'en-XB' : locale
  document.documentElement.dir = locale === 'pseudo' ? 'rtl' : 'ltr'
}
