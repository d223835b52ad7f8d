// Asks before a page with unsaved changes is left, by a link or by closing the window.
import { Trans } from '@lingui/react/macro'
import { useBlocker } from '@tanstack/react-router'
import { Confirm } from './Dialog'

/** Asks as long as `when` says that something would be lost. Addresses of the same page (its tabs) are no leaving. */
export function LeaveGuard({ when }: { when: () => boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && when(),
    enableBeforeUnload: when,
    withResolver: true,
  })
  if (blocker.status !== 'blocked') return null
  return (
    <Confirm
      title={<Trans>Leave without saving?</Trans>}
      verb={<Trans>Leave</Trans>}
      onConfirm={blocker.proceed}
      onClose={blocker.reset}
    >
      <Trans>What you have typed on this page will be lost.</Trans>
    </Confirm>
  )
}
