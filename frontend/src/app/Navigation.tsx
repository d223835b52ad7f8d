// The list of pages.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link, type LinkProps } from '@tanstack/react-router'
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
import type { ReactNode } from 'react'

type EntryProps = { to: LinkProps['to']; icon: LucideIcon; children: ReactNode }

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useLingui()
  const entry = ({ to, icon: Icon, children }: EntryProps) => (
    <li>
      <Link
        {...(to && { to })}
        {...(onNavigate && { onClick: onNavigate })}
        activeOptions={{ exact: to === '/', includeSearch: false }}
        className="flex min-h-8 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-hover hover:text-ink aria-[current=page]:bg-surface aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:shadow-raised"
      >
        <Icon aria-hidden className="size-4 shrink-0" />
        {children}
      </Link>
    </li>
  )
  return (
    <nav aria-label={t`Pages`} className="flex-1 overflow-y-auto">
      <ul className="flex flex-col gap-0.5">
        {entry({ to: '/', icon: Gauge, children: <Trans>Overview</Trans> })}
        {entry({ to: '/connections', icon: Cable, children: <Trans>Connections</Trans> })}
        {entry({ to: '/tasks', icon: ListChecks, children: <Trans>HTTP Request Tasks</Trans> })}
        {entry({ to: '/requests', icon: Send, children: <Trans>Requests</Trans> })}
        {entry({ to: '/failures', icon: TriangleAlert, children: <Trans>Failures</Trans> })}
        {entry({ to: '/secrets', icon: KeyRound, children: <Trans>Secrets</Trans> })}
        {entry({ to: '/audit', icon: FileClock, children: <Trans>Audit</Trans> })}
        {entry({ to: '/settings', icon: Settings, children: <Trans>Settings</Trans> })}
      </ul>
    </nav>
  )
}
