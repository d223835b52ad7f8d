// What a view shows when it has no data to show: it is loading, empty, refused or broken.
import { Trans, useLingui } from '@lingui/react/macro'
import { CircleAlert, Lock, WifiOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiError } from '@/api/request'
import { Button } from './Button'
import { CodeBlock } from './Code'
import { useMessageOf } from './messageOf'

/** Lines of the height that the content will have, so that nothing jumps. */
export function Loading({ lines = 5 }: { lines?: number }) {
  const { t } = useLingui()
  return (
    <div role="status" aria-label={t`Loading`} className="flex flex-col gap-3 p-4">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <div key={line} className="skeleton h-5" style={{ width: `${92 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  )
}

type EmptyProps = {
  /** One sentence. */
  children: ReactNode
  /** One action. */
  action?: ReactNode
  /** The same for a terminal, to be copied. */
  command?: string
}

/** Nothing is here yet. */
export function Empty({ children, action, command }: EmptyProps) {
  return (
    <div className="mx-auto flex max-w-[60ch] flex-col items-center gap-4 px-4 py-10 text-center">
      <p className="text-muted">{children}</p>
      {action}
      {command && (
        <div className="w-full text-start">
          <CodeBlock text={command} />
        </div>
      )}
    </div>
  )
}

/** A request has failed: why, its code, and another try. */
export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  const messageOf = useMessageOf()
  if (error instanceof ApiError && error.code === 'FORBIDDEN') return <NoPermission error={error} />
  const code = error instanceof ApiError ? error.code : 'UNEXPECTED'
  const requestId = error instanceof ApiError ? error.requestId : null
  const isOffline = code === 'OFFLINE'
  const Icon = isOffline ? WifiOff : CircleAlert
  return (
    <div role="alert" className="mx-auto flex max-w-[60ch] flex-col items-center gap-3 px-4 py-10 text-center">
      <Icon aria-hidden className="size-6 text-bad" />
      <p>{isOffline ? <Trans>The server did not answer. What you see may be out of date.</Trans> : messageOf(error)}</p>
      <p className="text-sm text-muted">
        <code className="font-mono">{code}</code>
        {requestId && (
          <>
            {' · '}
            <Trans>
              request <code className="font-mono">{requestId}</code>
            </Trans>
          </>
        )}
      </p>
      {retry && (
        <Button onClick={retry}>
          <Trans>Try again</Trans>
        </Button>
      )}
    </div>
  )
}

function NoPermission({ error }: { error: ApiError }) {
  const permission = error.missingPermission
  return (
    <div role="alert" className="mx-auto flex max-w-[60ch] flex-col items-center gap-3 px-4 py-10 text-center">
      <Lock aria-hidden className="size-6 text-idle" />
      <p>
        {permission ? (
          <Trans>
            You need the permission <code className="font-mono">{permission}</code> to see this. Whoever runs this
            Latchkey can give it to you.
          </Trans>
        ) : (
          error.message
        )}
      </p>
    </div>
  )
}

type Loadable<T> = { data: T | undefined; error: Error | null; refetch: () => unknown }

/** Shows the data of a query, or why there is none. A failed refresh keeps the old data and says so. */
export function Loaded<T>({
  query,
  lines,
  children,
}: {
  query: Loadable<T>
  lines?: number
  children: (data: T) => ReactNode
}) {
  if (query.data === undefined) {
    if (query.error) return <Failed error={query.error} retry={() => query.refetch()} />
    return <Loading {...(lines !== undefined && { lines })} />
  }
  return (
    <>
      {query.error && <Stale error={query.error} retry={() => query.refetch()} />}
      {children(query.data)}
    </>
  )
}

function Stale({ error, retry }: { error: Error; retry: () => void }) {
  const why = useMessageOf()(error)
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center justify-between gap-2 border-b border-line bg-warn-soft px-4 py-2 text-sm text-warn"
    >
      <span>
        <Trans>This could not be refreshed: {why}</Trans>
      </span>
      <Button look="quiet" onClick={retry}>
        <Trans>Try again</Trans>
      </Button>
    </div>
  )
}
