// What the palette can do besides leading to things.
import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'
import { useNavigate } from '@tanstack/react-router'
import { Keyboard, Languages, LogOut, type LucideIcon, Moon, Plus, Send, Sun, SunMoon } from 'lucide-react'
import { useMissing } from '@/api/viewer'
import { chooseLocale, LANGUAGES, type Locale } from '@/i18n/locale'
import { chooseTheme, type Theme, useTheme } from '@/ui/theme'

/** One command. */
export type Command = {
  id: string
  name: string
  icon: LucideIcon
  /** The permission that the viewer lacks for it. */
  missing?: string | null
  /** Puts something else into the palette's place, or may fail: closing would close that, or hide why. */
  keepsOpen?: boolean
  run: () => unknown
}

const themes: Record<Theme, { name: MessageDescriptor; icon: LucideIcon }> = {
  system: { name: msg`Theme: as the system`, icon: SunMoon },
  light: { name: msg`Theme: light`, icon: Sun },
  dark: { name: msg`Theme: dark`, icon: Moon },
}

/** Everything that can be done from anywhere. */
export function useCommands(onHelp: () => void, onLeave: () => void): Command[] {
  const { t, i18n } = useLingui()
  const navigate = useNavigate()
  const theme = useTheme()
  const creating: Command[] = [
    {
      id: 'connection',
      name: t`New connection`,
      icon: Plus,
      missing: useMissing('create:Connection'),
      run: () => navigate({ to: '/connections/new' }),
    },
    {
      id: 'secret',
      name: t`New secret`,
      icon: Plus,
      missing: useMissing('create:Secret'),
      run: () => navigate({ to: '/secrets', search: { new: true } }),
    },
    {
      id: 'task',
      name: t`New HTTP Request Task`,
      icon: Plus,
      missing: useMissing('create:HttpRequestTask'),
      run: () => navigate({ to: '/tasks/new' }),
    },
    {
      id: 'request',
      name: t`New request`,
      icon: Send,
      missing: useMissing('execute:HttpRequest'),
      run: () => navigate({ to: '/requests' }),
    },
  ]
  const looking = (Object.keys(themes) as Theme[])
    .filter(choice => choice !== theme)
    .map(choice => ({
      id: `theme ${choice}`,
      name: i18n._(themes[choice].name),
      icon: themes[choice].icon,
      run: () => chooseTheme(choice),
    }))
  const speaking = Object.entries(LANGUAGES)
    .filter(([locale]) => locale !== i18n.locale)
    .map(([locale, language]) => ({
      id: `language ${locale}`,
      name: t`Language: ${language}`,
      icon: Languages,
      run: () => chooseLocale(locale as Locale),
    }))
  return [
    ...creating,
    ...looking,
    ...speaking,
    { id: 'help', name: t`Keyboard shortcuts`, icon: Keyboard, keepsOpen: true, run: onHelp },
    { id: 'leave', name: t`Sign out`, icon: LogOut, keepsOpen: true, run: onLeave },
  ]
}
