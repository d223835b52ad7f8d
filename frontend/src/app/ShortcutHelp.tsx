// Every keyboard shortcut (`?`).
import { Trans } from '@lingui/react/macro'
import { ShortcutList } from '@/features/settings/ShortcutList'
import { Dialog } from '@/ui/Dialog'
import { Notice } from '@/ui/Notice'
import { shortcutsEnabled } from '@/ui/shortcuts'

export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={<Trans>Keyboard shortcuts</Trans>} onClose={onClose}>
      {!shortcutsEnabled() && (
        <div className="mb-4">
          <Notice tone="info">
            <Trans>Single keys are switched off in the settings.</Trans>
          </Notice>
        </div>
      )}
      <ShortcutList />
    </Dialog>
  )
}
