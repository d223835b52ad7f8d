import { Trans } from '@lingui/react/macro'
import type { ApiError } from '@/api/request'

/** Stands in place of GraphiQL where it could ask nothing. */
export function NotThere({ error }: { error: ApiError }) {
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
          <p>{error.message}</p>
          <p>
            <code>{error.code}</code> · <a href="/">Latchkey</a>
          </p>
        </>
      )}
    </main>
  )
}
