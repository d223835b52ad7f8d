// The pages that the navigation and the palette lead to.
import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import {
  Cable,
  FileClock,
  Gauge,
  KeyRound,
  ListChecks,
  type LucideIcon,
  Send,
  Settings,
  TriangleAlert,
} from 'lucide-react'

type Address = '/' | '/connections' | '/tasks' | '/requests' | '/failures' | '/secrets' | '/audit' | '/settings'

export const PAGES: { to: Address; icon: LucideIcon; label: MessageDescriptor }[] = [
  { to: '/', icon: Gauge, label: msg`Overview` },
  { to: '/connections', icon: Cable, label: msg`Connections` },
  { to: '/tasks', icon: ListChecks, label: msg`HTTP Request Tasks` },
  { to: '/requests', icon: Send, label: msg`Requests` },
  { to: '/failures', icon: TriangleAlert, label: msg`Failures` },
  { to: '/secrets', icon: KeyRound, label: msg`Secrets` },
  { to: '/audit', icon: FileClock, label: msg`Audit` },
  { to: '/settings', icon: Settings, label: msg`Settings` },
]
