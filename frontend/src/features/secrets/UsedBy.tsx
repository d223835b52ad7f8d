// Where a secret is used.
import { Plural, Trans } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { Chip } from '@/ui/Status'

type Named = { key: string; displayName: string }

type UsedByProps = {
  /** Null where the viewer may not see them. */
  connections: readonly Named[] | null
  tasks: readonly Named[] | null
  /** Of both, also of those that are not listed. */
  total: number
}

const link = 'text-accent underline underline-offset-2 hover:text-accent-strong'

/** The connections and HTTP Request Tasks, as links. */
export function UsedBy({ connections, tasks, total }: UsedByProps) {
  const listed = (connections?.length ?? 0) + (tasks?.length ?? 0)
  if (connections === null && tasks === null) {
    return (
      <p className="text-muted">
        <Trans>You may not see the connections and tasks that use it.</Trans>
      </p>
    )
  }
  if (listed === 0) {
    return (
      <p className="text-muted">
        <Trans>Nothing uses it.</Trans>
      </p>
    )
  }
  return (
    <>
      <ul className="flex flex-col gap-1">
        {connections?.map(({ key, displayName }) => (
          <li key={key} className="flex flex-wrap items-center gap-2">
            <Link to="/connections/$key" params={{ key }} className={link}>
              {displayName}
            </Link>
            <span className="font-mono text-sm text-muted">{key}</span>
          </li>
        ))}
        {tasks?.map(({ key, displayName }) => (
          <li key={key} className="flex flex-wrap items-center gap-2">
            <Link to="/tasks/$key" params={{ key }} className={link}>
              {displayName}
            </Link>
            <span className="font-mono text-sm text-muted">{key}</span>
            <Chip>
              <Trans>Task</Trans>
            </Chip>
          </li>
        ))}
      </ul>
      {total > listed && (
        <p className="mt-1 text-sm text-muted">
          <Plural value={total - listed} one="and # more" other="and # more" />
        </p>
      )}
    </>
  )
}
