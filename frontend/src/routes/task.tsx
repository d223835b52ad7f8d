import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { TaskEditor } from '@/features/request/editor/TaskEditor'
import { taskQuery } from '@/features/request/editor/taskQueries'
import { ButtonLink } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Page } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'

const above = (
  <Link to="/tasks" className="hover:underline">
    <Trans>HTTP Request Tasks</Trans>
  </Link>
)

export function TaskPage() {
  const { t } = useLingui()
  const { key } = useParams({ from: '/tasks/$key' })
  const { tab, range } = useSearch({ from: '/tasks/$key' })
  const navigate = useNavigate({ from: '/tasks/$key' })
  const query = useQuery(taskQuery(key))
  if (!query.data)
    return (
      <Page title={t`HTTP Request Task`} above={above}>
        <Loaded query={query} lines={14}>
          {() => <NoTask taskKey={key} />}
        </Loaded>
      </Page>
    )
  return (
    <TaskEditor
      key={key}
      task={query.data}
      tab={tab ?? 'request'}
      onTab={wanted => navigate({ search: { tab: wanted, range }, replace: true })}
      range={range ?? '24h'}
      onRange={wanted => navigate({ search: { tab: 'usage', range: wanted }, replace: true })}
      above={above}
      onCreated={() => {}}
      onDeleted={() => navigate({ to: '/tasks', ignoreBlocker: true })}
    />
  )
}

function NoTask({ taskKey }: { taskKey: string }) {
  return (
    <Empty
      action={
        <ButtonLink to="/tasks">
          <Trans>Go to HTTP Request Tasks</Trans>
        </ButtonLink>
      }
    >
      <Trans>
        There is no task with the Key <Mono>{taskKey}</Mono>.
      </Trans>
    </Empty>
  )
}

export function NewTaskPage() {
  const { tab } = useSearch({ from: '/tasks/new' })
  const navigate = useNavigate({ from: '/tasks/new' })
  return (
    <TaskEditor
      task={null}
      tab={tab === 'authorisation' ? tab : 'request'}
      onTab={wanted => navigate({ search: { tab: wanted }, replace: true })}
      range="24h"
      onRange={() => {}}
      above={above}
      onCreated={key => navigate({ to: '/tasks/$key', params: { key }, ignoreBlocker: true })}
      onDeleted={async () => {}}
    />
  )
}
