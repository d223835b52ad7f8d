import { ApiError } from '@/api/request'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'

/** The call itself failed: nobody knows more than this. What was typed is still there. */
export function NotSent({ error }: { error: Error }) {
  const messageOf = useMessageOf()
  return (
    <Notice tone="bad">
      <p>{messageOf(error)}</p>
      <p className="font-mono text-sm">{error instanceof ApiError ? error.code : 'UNEXPECTED'}</p>
    </Notice>
  )
}
