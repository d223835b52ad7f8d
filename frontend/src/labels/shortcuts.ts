// Every keyboard shortcut and what it does, by where it holds.
import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

type Shortcut = { keys: string[]; does: MessageDescriptor }

/** All of them. `keys` are alternatives, each as `useShortcuts` names it. */
export const shortcutGroups: { where: MessageDescriptor; shortcuts: Shortcut[] }[] = [
  {
    where: msg`Everywhere`,
    shortcuts: [
      { keys: ['Mod+k'], does: msg`Search and commands` },
      { keys: ['?'], does: msg`Keyboard shortcuts` },
      { keys: ['g o'], does: msg`Go to Overview` },
      { keys: ['g c'], does: msg`Go to Connections` },
      { keys: ['g t'], does: msg`Go to HTTP Request Tasks` },
      { keys: ['g r'], does: msg`Go to Requests` },
      { keys: ['g f'], does: msg`Go to Failures` },
      { keys: ['g s'], does: msg`Go to Secrets` },
      { keys: ['g a'], does: msg`Go to Audit` },
    ],
  },
  {
    where: msg`Lists`,
    shortcuts: [
      { keys: ['/'], does: msg`Search or filter` },
      { keys: ['j', 'k'], does: msg`Next and previous row` },
      { keys: ['Enter'], does: msg`Open the row` },
      { keys: ['c'], does: msg`Create a new one` },
    ],
  },
  {
    where: msg`Live lists`,
    shortcuts: [{ keys: [' '], does: msg`Pause and resume` }],
  },
  {
    where: msg`A connection`,
    shortcuts: [
      { keys: ['t'], does: msg`Test` },
      { keys: ['e'], does: msg`Edit` },
    ],
  },
  {
    where: msg`An HTTP Request Task`,
    shortcuts: [{ keys: ['r'], does: msg`Run` }],
  },
  {
    where: msg`A secret`,
    shortcuts: [{ keys: ['e'], does: msg`Rotate` }],
  },
  {
    where: msg`Forms`,
    shortcuts: [{ keys: ['Mod+Enter'], does: msg`Save or send` }],
  },
  {
    where: msg`Drawers and dialogs`,
    shortcuts: [
      { keys: ['Escape'], does: msg`Close` },
      { keys: ['[', ']'], does: msg`Previous and next entry` },
    ],
  },
]
