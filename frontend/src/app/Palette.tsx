// The command palette (Ctrl-K): pages, commands and things by name, without a pointer.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Cable, KeyRound, ListChecks, type LucideIcon } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { signOut } from '@/api/session'
import { targetTypes } from '@/labels/events'
import { Dialog } from '@/ui/Dialog'
import { matchesWords } from '@/ui/matchesWords'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'
import { useShortcuts } from '@/ui/shortcuts'
import { useCommands } from './commands'
import { type Entry, type EntryGroup, PaletteList } from './PaletteList'
import { PAGES } from './pages'
import { recentThings, rememberThing, type Thing } from './recent'
import { usePaletteSearch } from './usePaletteSearch'

type PaletteProps = {
  onClose: () => void
  /** Shows the list of shortcuts in its place. */
  onHelp: () => void
}

export default function Palette({ onClose, onHelp }: PaletteProps) {
  const { t, i18n } = useLingui()
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  // The dialog has given the focus to its first button by now.
  useEffect(() => {
    input.current?.focus()
  }, [])
  const [text, setText] = useState('')
  const [recent] = useState(recentThings)
  const search = usePaletteSearch(text)
  const messageOf = useMessageOf()
  const leaving = useMutation({ mutationFn: signOut })
  const commands = useCommands(onHelp, () => !leaving.isPending && leaving.mutate())
  // The same key closes it; the page's own shortcuts are not heard below.
  useShortcuts({ 'Mod+k': onClose })
  const thingEntry = useThingEntry(onClose)

  const pages = PAGES.map(({ to, icon, label }): Entry => {
    const run = () => {
      onClose()
      void navigate({ to })
    }
    return { id: `page ${to}`, name: i18n._(label), icon, run }
  })
  const actions = commands.map(
    ({ id, name, icon, missing, keepsOpen, run }): Entry => ({
      id: `command ${id}`,
      name,
      icon,
      ...(missing && { disabled: true, note: <Trans>Needs the permission {missing}.</Trans> }),
      run: () => {
        if (!keepsOpen) onClose()
        void run()
      },
    }),
  )
  const named = (entries: Entry[]) => entries.filter(({ name }) => matchesWords(text, name))
  const groups: EntryGroup[] = [
    { heading: t`Recent`, entries: text === '' ? recent.map(thingEntry) : [] },
    { heading: t`Pages`, entries: named(pages) },
    { heading: t`Commands`, entries: named(actions) },
    // Last, so that what comes later moves nothing.
    { heading: t`Found`, entries: search.things.map(thingEntry) },
  ]
  return (
    <Dialog title={<Trans>Search and commands</Trans>} onClose={onClose}>
      <PaletteList
        ref={input}
        text={text}
        onText={setText}
        groups={groups}
        empty={
          !search.pending &&
          !search.error && (
            <p className="py-8 text-center text-muted">
              <Trans>Nothing is called that.</Trans>
            </p>
          )
        }
      />
      {leaving.error && <Notice tone="bad">{messageOf(leaving.error)}</Notice>}
      <p role="status" className="mt-2 min-h-5 text-sm text-muted">
        {search.error ? messageOf(search.error) : search.pending ? <Trans>Searching…</Trans> : null}
      </p>
    </Dialog>
  )
}

const icons: Record<Thing['kind'], LucideIcon> = { connection: Cable, task: ListChecks, secret: KeyRound }

/** Makes an entry of a thing, which opens its page and remembers it. */
function useThingEntry(onClose: () => void): (thing: Thing) => Entry {
  const { i18n } = useLingui()
  const navigate = useNavigate()
  const open = ({ kind, key }: Thing) => {
    if (kind === 'connection') return navigate({ to: '/connections/$key', params: { key } })
    if (kind === 'task') return navigate({ to: '/tasks/$key', params: { key } })
    return navigate({ to: '/secrets', search: { key } })
  }
  return thing => {
    const kind = targetTypes[thing.kind]
    return {
      id: `${thing.kind} ${thing.key}`,
      name: thing.name,
      icon: icons[thing.kind],
      note: (
        <>
          <span className="font-mono">{thing.key}</span> · {kind && i18n._(kind)}
        </>
      ),
      run: () => {
        rememberThing(thing)
        onClose()
        void open(thing)
      },
    }
  }
}
