// The Usage Data tab of a task, with its last runs.
import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'
import type { Range } from '@/ui/series'
import { Time } from '@/ui/Time'
import { FailureList } from '@/views/FailureList'
import { RangePicker, UsageView } from '@/views/UsageView'
import { RecentExchanges } from '../recent/RecentExchanges'
import { taskUsageQuery } from './taskQueries'

type TaskUsageProps = { taskKey: string; range: Range; onRange: (range: Range) => void }

/** The tab. It is renewed every few seconds; old figures stay until the new ones are there. */
export default function TaskUsage({ taskKey, range, onRange }: TaskUsageProps) {
  const query = useQuery(taskUsageQuery(taskKey, range))
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <RangePicker value={range} onChange={onRange} />
        {query.data && (
          <span className="text-sm text-muted">
            <Trans>
              As of <Time at={query.data.usage.computedAt} exact="clock" />
            </Trans>
          </span>
        )}
      </div>
      <Loaded query={query} lines={18}>
        {({ usage, failures, steps }) => (
          <>
            <UsageView usage={usage} steps={steps} />
            {failures.length > 0 && (
              <Panel
                title={<Trans>Last failures</Trans>}
                actions={
                  <ButtonLink look="quiet" to="/failures" search={{ task: [taskKey] }}>
                    <Trans>All failures</Trans>
                  </ButtonLink>
                }
                flush
              >
                <FailureList failures={failures} />
              </Panel>
            )}
          </>
        )}
      </Loaded>
      <LastRuns taskKey={taskKey} />
    </div>
  )
}

/** The newest runs of a task. */
function LastRuns({ taskKey }: { taskKey: string }) {
  return (
    <Panel title={<Trans>Last runs</Trans>} flush>
      <RecentExchanges
        task={taskKey}
        empty={
          <Empty>
            <Trans>This task has not been run yet.</Trans>
          </Empty>
        }
      />
    </Panel>
  )
}
