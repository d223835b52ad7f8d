// What happened to a task, in short.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { eventTypes } from '@/labels/events'
import { ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { Time } from '@/ui/Time'
import { taskHistoryQuery } from './taskQueries'

/** Its last events, newest first; each leads to itself in the audit log. */
export function TaskHistory({ taskKey }: { taskKey: string }) {
  const { i18n } = useLingui()
  const query = useQuery(taskHistoryQuery(taskKey))
  const story = `type:task.* target:${taskKey}`
  return (
    <Panel
      title={<Trans>History</Trans>}
      actions={
        <ButtonLink look="quiet" to="/audit" search={{ q: story }}>
          <Trans>All events</Trans>
        </ButtonLink>
      }
      flush
    >
      <Loaded query={query} lines={3}>
        {events => (
          <ol>
            {events.map(({ sequence, type, occurredAt, actor }) => (
              <li key={sequence} className="border-b border-line px-4 py-2 last:border-0">
                <Link to="/audit" search={{ q: story, event: sequence }} className="hover:underline">
                  {eventTypes[type] ? i18n._(eventTypes[type]) : type}
                </Link>
                <div className="text-sm text-muted">
                  <Time at={occurredAt} /> · {actor.display ?? actor.id}
                </div>
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </Panel>
  )
}
