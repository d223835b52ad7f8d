// The frame around every page: navigation, who is signed in, and the shortcuts that hold everywhere.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { LogOut, Menu, Search } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { signOut } from '@/api/session'
import { viewerQuery } from '@/api/viewer'
import { IconButton } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Keys } from '@/ui/Keys'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'
import { useShortcuts } from '@/ui/shortcuts'
import { Mark } from './Mark'
import { Navigation } from './Navigation'

const Palette = lazy(() => import('./Palette'))
const ShortcutHelp = lazy(() => import('./ShortcutHelp'))

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const [open, setOpen] = useState<'palette' | 'help' | 'menu' | null>(null)
  const close = () => setOpen(null)
  useShortcuts({
    'Mod+k': () => setOpen(open === 'palette' ? null : 'palette'),
    '?': () => setOpen('help'),
    'g o': () => navigate({ to: '/' }),
    'g c': () => navigate({ to: '/connections' }),
    'g t': () => navigate({ to: '/tasks' }),
    'g r': () => navigate({ to: '/requests' }),
    'g f': () => navigate({ to: '/failures' }),
    'g s': () => navigate({ to: '/secrets' }),
    'g a': () => navigate({ to: '/audit' }),
  })
  return (
    <div className="flex min-h-dvh max-md:flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:bg-surface focus:p-2"
      >
        <Trans>Skip to the content</Trans>
      </a>
      <div className="sticky top-0 z-20 flex items-center gap-3 border-b border-line bg-surface px-4 py-2 md:hidden">
        <Mark className="size-7" />
        <span className="flex-1 font-semibold">Latchkey</span>
        <IconButton label={t`Search and commands`} onClick={() => setOpen('palette')}>
          <Search aria-hidden className="size-5" />
        </IconButton>
        <IconButton label={t`Menu`} aria-expanded={open === 'menu'} onClick={() => setOpen('menu')}>
          <Menu aria-hidden className="size-5" />
        </IconButton>
      </div>
      <aside className="sticky top-0 flex h-dvh w-56 shrink-0 flex-col gap-4 border-e border-line bg-sunken px-3 py-4 max-md:hidden">
        <div className="flex items-center gap-2.5 px-2">
          <Mark className="size-7" />
          <span className="text-lg font-semibold tracking-tight">Latchkey</span>
        </div>
        <button
          type="button"
          onClick={() => setOpen('palette')}
          className="flex min-h-8 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-muted hover:border-edge"
        >
          <Search aria-hidden className="size-4" />
          <span className="flex-1 text-start">
            <Trans>Search</Trans>
          </span>
          <Keys of="Mod+k" />
        </button>
        <Navigation />
        <SignedIn />
      </aside>
      <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
        {children}
      </main>
      {open === 'menu' && (
        <Dialog title="Latchkey" shape="drawer" onClose={close}>
          <div className="flex flex-col gap-6">
            <Navigation onNavigate={close} />
            <SignedIn />
          </div>
        </Dialog>
      )}
      <Suspense>
        {open === 'palette' && <Palette onClose={close} onHelp={() => setOpen('help')} />}
        {open === 'help' && <ShortcutHelp onClose={close} />}
      </Suspense>
    </div>
  )
}

function SignedIn() {
  const { t } = useLingui()
  const { data: viewer } = useQuery(viewerQuery)
  const messageOf = useMessageOf()
  const leaving = useMutation({ mutationFn: signOut })
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-3 text-sm">
      <div className="flex items-center gap-1 ps-2 text-muted">
        <span className="min-w-0 flex-1 truncate">{viewer?.actor.display ?? viewer?.actor.id}</span>
        <IconButton label={t`Sign out`} onClick={() => !leaving.isPending && leaving.mutate()}>
          <LogOut aria-hidden className="size-4" />
        </IconButton>
      </div>
      {leaving.error && <Notice tone="bad">{messageOf(leaving.error)}</Notice>}
    </div>
  )
}
