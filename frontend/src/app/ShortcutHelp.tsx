// Every keyboard shortcut (`?`).
import { Trans } from '@lingui/react/macro'
import { Dialog } from '@/ui/Dialog'

export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={<Trans>Keyboard shortcuts</Trans>} onClose={onClose}>
      <p />
    </Dialog>
  )
}
