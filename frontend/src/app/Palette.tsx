// The command palette (Ctrl-K).
import { Trans } from '@lingui/react/macro'
import { Dialog } from '@/ui/Dialog'

export default function Palette({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={<Trans>Search and commands</Trans>} onClose={onClose}>
      <p />
    </Dialog>
  )
}
