// The table of keyboard shortcuts.
import { useLingui } from '@lingui/react/macro'
import { shortcutGroups } from '@/labels/shortcuts'
import { Keys } from '@/ui/Keys'

/** Every shortcut, in groups. */
export function ShortcutList() {
  const { i18n } = useLingui()
  return (
    <div className="gap-8 sm:columns-2">
      {shortcutGroups.map(({ where, shortcuts }) => (
        <section key={where.id} className="mb-5 break-inside-avoid">
          <h3 className="mb-1 text-sm font-medium text-muted">{i18n._(where)}</h3>
          <dl className="flex flex-col">
            {shortcuts.map(({ keys, does }) => (
              <div key={keys.join()} className="flex min-h-8 items-center justify-between gap-4 border-b border-line">
                <dt>{i18n._(does)}</dt>
                <dd className="flex gap-2">
                  {keys.map(shortcut => (
                    <Keys key={shortcut} of={shortcut} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  )
}
