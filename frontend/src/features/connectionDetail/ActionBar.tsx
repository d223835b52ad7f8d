// The buttons in the head of a connection.
import { Trans } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { useMissing } from '@/api/viewer'
import type { ConnectionHeadFragment } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { Countdown } from '@/ui/Countdown'
import { DeleteDialog, DisableDialog } from './dialogs'
import type { Actions } from './useActions'

/** What can be done with a connection from every tab. */
export function ActionBar({ connection, actions }: { connection: ConnectionHeadFragment; actions: Actions }) {
  const { key, enabled, version, nextAttemptAt } = connection
  const client = useQueryClient()
  const [asked, setAsked] = useState<'disable' | 'delete' | null>(null)
  const edit = useMissing('edit:Connection')
  const close = () => setAsked(null)
  const enable = () =>
    actions.change.mutate({
      input: { expectedVersion: version, enabled: true },
      text: <Trans>Requests may use this connection again.</Trans>,
    })
  return (
    <>
      <Button
        look="primary"
        icon={<FlaskConical aria-hidden className="size-4" />}
        pending={actions.test.isPending}
        missing={useMissing('test:Connection')}
        aria-keyshortcuts="t"
        onClick={() => actions.test.mutate()}
      >
        <Trans>Test</Trans>
      </Button>
      {nextAttemptAt && (
        <Button pending={actions.retry.isPending} missing={edit} onClick={() => actions.retry.mutate()}>
          <Trans>Retry token request</Trans>
          <span className="min-w-18 text-start font-normal text-muted">
            <Countdown
              to={nextAttemptAt}
              onEnd={() => client.invalidateQueries({ queryKey: ['connection', key, 'head'] })}
            />
          </span>
        </Button>
      )}
      <Button pending={actions.evict.isPending} missing={edit} onClick={() => actions.evict.mutate()}>
        <Trans>Evict token</Trans>
      </Button>
      {enabled ? (
        <Button missing={edit} onClick={() => setAsked('disable')}>
          <Trans>Disable</Trans>
        </Button>
      ) : (
        <Button pending={actions.change.isPending} missing={edit} onClick={enable}>
          <Trans>Enable</Trans>
        </Button>
      )}
      <Button look="danger" missing={useMissing('delete:Connection')} onClick={() => setAsked('delete')}>
        <Trans>Delete</Trans>
      </Button>
      {asked === 'disable' && <DisableDialog connection={connection} actions={actions} onClose={close} />}
      {asked === 'delete' && <DeleteDialog connection={connection} actions={actions} onClose={close} />}
    </>
  )
}
