// Deleting a task, asked once more.
import { Trans } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '@/api/request'
import { DeleteTaskDocument, type EditedTaskFragment } from '@/gen/graphql'
import { Mono } from '@/ui/Code'
import { Confirm } from '@/ui/Dialog'
import { Notice } from '@/ui/Notice'
import { NotSent } from '../result/NotSent'

type DeleteTaskProps = { task: EditedTaskFragment; onClose: () => void; onDeleted: () => Promise<void> }

/** Says what will happen, and does it. */
export function DeleteTask({ task, onClose, onDeleted }: DeleteTaskProps) {
  const client = useQueryClient()
  const { key, version: expectedVersion } = task
  const deleting = useMutation({
    mutationFn: async () =>
      (await request(DeleteTaskDocument, { input: { key, expectedVersion } })).deleteHttpRequestTask,
    onSuccess: async payload => {
      if (!payload?.deletedKey) {
        // Somebody was quicker: what is there now is shown behind the question.
        await client.invalidateQueries({ queryKey: ['task', key] })
        return
      }
      // While its page still stands, what is removed is asked for again, and is not there.
      await onDeleted()
      client.removeQueries({ queryKey: ['task', key] })
      await client.invalidateQueries({ queryKey: ['tasks'] })
    },
  })
  return (
    <Confirm
      title={<Trans>Delete {task.displayName}?</Trans>}
      verb={<Trans>Delete</Trans>}
      pending={deleting.isPending}
      onConfirm={() => deleting.mutate()}
      onClose={onClose}
    >
      <div className="flex flex-col gap-3">
        <p>
          <Trans>
            The task is gone for ever, with its request. Its runs stay on the record, and its Key <Mono>{key}</Mono> is
            never reused.
          </Trans>
        </p>
        {deleting.data?.userErrors.map(({ code, message }) => (
          <Notice key={code} tone="bad">
            {message}
          </Notice>
        ))}
        {deleting.error && <NotSent error={deleting.error} />}
      </div>
    </Confirm>
  )
}
