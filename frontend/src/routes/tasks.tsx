import { useLingui } from '@lingui/react/macro'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { AddTask, TaskList } from '@/features/tasks/TaskList'
import { Page } from '@/ui/Page'

export function TasksPage() {
  const { t } = useLingui()
  const { q } = useSearch({ from: '/tasks' })
  const navigate = useNavigate({ from: '/tasks' })
  return (
    <Page title={t`HTTP Request Tasks`} wide actions={<AddTask />}>
      <TaskList text={q ?? ''} onText={text => navigate({ search: { q: text || undefined }, replace: true })} />
    </Page>
  )
}
