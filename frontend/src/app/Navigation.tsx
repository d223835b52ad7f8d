// The list of pages.
import { useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { PAGES } from './pages'

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t, i18n } = useLingui()
  return (
    <nav aria-label={t`Pages`} className="flex-1 overflow-y-auto">
      <ul className="flex flex-col gap-0.5">
        {PAGES.map(({ to, icon: Icon, label }) => (
          <li key={to}>
            <Link
              to={to}
              {...(onNavigate && { onClick: onNavigate })}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              className="flex min-h-8 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-hover hover:text-ink aria-[current=page]:bg-surface aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:shadow-raised forced-colors:aria-[current=page]:underline"
            >
              <Icon aria-hidden className="size-4 shrink-0" />
              {i18n._(label)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
