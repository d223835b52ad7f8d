// Keys as they are printed on the reader's keyboard.
import { useLingui } from '@lingui/react/macro'
import { Fragment } from 'react'

/** Whether the keyboard is one of Apple's. */
const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** Keys that are pressed together, and such groups one after the other. */
function groupsOf(shortcut: string): string[][] {
  return shortcut === ' ' ? [['Space']] : shortcut.split(' ').map(group => group.split('+'))
}

/** A shortcut, named as for `useShortcuts`. */
export function Keys({ of }: { of: string }) {
  const { t } = useLingui()
  // What keys are called, and what they are spoken as where that is a sign.
  const names: Record<string, { shown: string; spoken?: string }> = {
    Mod: isApple ? { shown: '⌘', spoken: t`Command` } : { shown: t({ message: 'Ctrl', comment: 'The key' }) },
    Enter: isApple ? { shown: '⏎', spoken: t`Enter` } : { shown: t({ message: 'Enter', comment: 'The key' }) },
    Escape: { shown: t({ message: 'Esc', comment: 'The key' }) },
    Space: { shown: t({ message: 'Space', comment: 'The key' }) },
  }
  return (
    <span className="inline-flex items-center gap-1 whitespace-nowrap">
      {groupsOf(of).map((group, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same key may come twice
        <Fragment key={index}>
          {group.map(key => {
            const name = names[key] ?? { shown: group.length > 1 ? key.toUpperCase() : key }
            return (
              <kbd
                key={key}
                className="inline-flex min-h-5 min-w-5 items-center justify-center rounded-sm border border-line bg-sunken px-1 font-mono text-xs text-muted"
              >
                {name.spoken ? (
                  <>
                    <span aria-hidden>{name.shown}</span>
                    <span className="sr-only">{name.spoken}</span>
                  </>
                ) : (
                  name.shown
                )}
              </kbd>
            )
          })}
        </Fragment>
      ))}
    </span>
  )
}
