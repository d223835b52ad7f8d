// Keyboard shortcuts: all of them, and the way to switch single keys off (WCAG 2.1.4).
import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { Checkbox } from '@/ui/forms/inputs'
import { Panel } from '@/ui/Page'
import { enableShortcuts, shortcutsEnabled } from '@/ui/shortcuts'
import { ShortcutList } from './ShortcutList'

export function Keyboard() {
  const [on, setOn] = useState(shortcutsEnabled)
  return (
    <Panel title={<Trans>Keyboard</Trans>}>
      <div className="flex flex-col gap-5">
        <Checkbox
          checked={on}
          onChange={({ target }) => {
            enableShortcuts(target.checked)
            setOn(target.checked)
          }}
          hint={<Trans>Without them, keys pressed together with Ctrl or ⌘ still work.</Trans>}
        >
          <Trans>Single keys are shortcuts</Trans>
        </Checkbox>
        <ShortcutList />
      </div>
    </Panel>
  )
}
