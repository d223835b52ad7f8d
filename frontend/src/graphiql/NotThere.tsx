import { Trans } from '@lingui/react/macro'
import type { ApiError } from '@/api/request'
import { useMessageOf } from '@/ui/messageOf'

/** Stands in place of GraphiQL where it could ask nothing. */
export function NotThere({ error }: { error: ApiError }) {
  const messageOf = useMessageOf()
  return (
    <main className="not-there">
      <h1>GraphiQL</h1>
      {error.code === 'UNAUTHENTICATED' ? (
        <p>
          <Trans>
            Nobody is signed in. <a href="/">Sign in to Latchkey</a>, then come back.
          </Trans>
        </p>
      ) : (
        <>
          <p>{messageOf(error)}</p>
          <p>
            <code>{error.code}</code> · <a href="/">Latchkey</a>
          </p>
        </>
      )}
    </main>
  )
}
