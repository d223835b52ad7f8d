import { Trans } from '@lingui/react/macro'
import { ApiError } from '@/api/request'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'

/** The call itself failed: nobody knows more than this, not even whether the request was made. What was typed is still there. */
export function NotSent({ error }: { error: Error }) {
  const messageOf = useMessageOf()
  const isUnknown = error instanceof ApiError && error.code === 'OFFLINE'
  return (
    <Notice tone="bad">
      <p>{messageOf(error)}</p>
      {isUnknown && (
        <p>
          <Trans>The request may have been made all the same: see Recent requests before you send it again.</Trans>
        </p>
      )}
      <p className="font-mono text-sm">{error instanceof ApiError ? error.code : 'UNEXPECTED'}</p>
    </Notice>
  )
}
