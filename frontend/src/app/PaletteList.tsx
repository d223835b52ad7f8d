// A box and the list below it that is always open: the ARIA combobox pattern. The focus stays in the box.
//
// Not cmdk: it chooses nothing among entries that come later, as those of a server do, and brings a dialog of its own that
// writes <style> elements.
import { useLingui } from '@lingui/react/macro'
import type { LucideIcon } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useId, useRef, useState } from 'react'
import { TextInput } from '@/ui/forms/inputs'

/** Something to choose. */
export type Entry = {
  /** Unique among all groups. */
  id: string
  name: string
  icon: LucideIcon
  note?: ReactNode
  disabled?: boolean
  run: () => void
}
export type EntryGroup = { heading: string; entries: Entry[] }

type PaletteListProps = {
  text: string
  onText: (text: string) => void
  groups: EntryGroup[]
  /** Stands in place of the list when there is nothing to choose. */
  empty: ReactNode
  /** The box. */
  ref: Ref<HTMLInputElement>
}

/** The box and the list. */
export function PaletteList({ text, onText, groups, empty, ref }: PaletteListProps) {
  const { t } = useLingui()
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  const choices = groups.flatMap(({ entries }) => entries).filter(entry => !entry.disabled)
  // What was chosen may have gone; then the first is.
  const active = choices.find(entry => entry.id === chosen) ?? choices[0]
  const optionId = (entry: Entry) => `${id}-${entry.id.replaceAll(' ', '-')}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls to what became active
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView?.({ block: 'nearest' })
  }, [active?.id])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const here = active ? choices.indexOf(active) : 0
    const next = { ArrowDown: here + 1, ArrowUp: here - 1 }[event.key]
    if (next !== undefined) {
      event.preventDefault()
      setChosen(choices.at(next % choices.length)?.id ?? null)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      active?.run()
    }
  }
  return (
    <>
      <TextInput
        ref={ref}
        role="combobox"
        aria-label={t`Search and commands`}
        aria-expanded={choices.length > 0}
        aria-controls={choices.length > 0 ? `${id}-list` : undefined}
        aria-activedescendant={active && optionId(active)}
        aria-autocomplete="list"
        placeholder={t`A page, a command, a name or a Key`}
        value={text}
        onChange={event => {
          setChosen(null)
          onText(event.target.value)
        }}
        onKeyDown={onKeyDown}
      />
      <div className="mt-3 h-[min(26rem,60dvh)]">
        {groups.some(({ entries }) => entries.length > 0) ? (
          <div ref={list} id={`${id}-list`} role="listbox" aria-label={t`Results`} className="h-full overflow-y-auto">
            {groups.map(
              ({ heading, entries }) =>
                entries.length > 0 && (
                  // biome-ignore lint/a11y/useSemanticElements: a listbox groups its options like this
                  <div key={heading} role="group" aria-label={heading} className="mb-2">
                    <div aria-hidden className="px-2 py-1 text-sm text-muted">
                      {heading}
                    </div>
                    {entries.map(entry => (
                      <Option
                        key={entry.id}
                        id={optionId(entry)}
                        entry={entry}
                        active={entry === active}
                        onPoint={() => setChosen(entry.id)}
                      />
                    ))}
                  </div>
                ),
            )}
          </div>
        ) : (
          empty
        )}
      </div>
    </>
  )
}

type OptionProps = { id: string; entry: Entry; active: boolean; onPoint: () => void }

function Option({ id, entry: { name, icon: Icon, note, disabled, run }, active, onPoint }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the box
    <div
      id={id}
      role="option"
      aria-selected={active}
      aria-disabled={disabled || undefined}
      // A press would take the focus from the box.
      onPointerDown={event => event.preventDefault()}
      onPointerMove={() => !active && !disabled && onPoint()}
      onClick={() => !disabled && run()}
      className="flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md border border-transparent px-2 aria-disabled:cursor-not-allowed aria-disabled:text-muted aria-selected:border-accent aria-selected:bg-accent-soft"
    >
      <Icon aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="min-w-0 flex-1 truncate">{name}</span>
      {note && <span className="min-w-0 truncate text-sm text-muted">{note}</span>}
    </div>
  )
}
