// The list of HTTP Request Tasks with its filter and its pages.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useNavigate } from '@tanstack/react-router'
import { useRef } from 'react'
import { graphqlCommand } from '@/api/command'
import { useMissing } from '@/api/viewer'
import { Button, ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { QueryBox } from '@/ui/QueryBox'
import { Empty, Loaded } from '@/ui/States'
import { useRowKeys, useShortcuts } from '@/ui/shortcuts'
import { TaskTable } from './TaskTable'
import { useTasks, useUsage } from './useTasks'

type TaskListProps = { text: string; onText: (text: string) => void }

/** Everything below the page's head. */
export function TaskList({ text, onText }: TaskListProps) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const box = useRef<HTMLInputElement>(null)
  const table = useRef<HTMLDivElement>(null)
  useRowKeys(table)
  useShortcuts({ '/': () => box.current?.focus() })
  useShortcuts({ c: () => void navigate({ to: '/tasks/new' }) }, useMissing('create:HttpRequestTask') === null)
  const list = useTasks(text)
  const usage = useUsage(text, (list.data?.pageParams ?? []) as (string | null)[])
  const pages = list.data?.pages ?? []
  const tasks = pages.flatMap(page => page?.nodes ?? [])
  const total = pages[0]?.totalCount ?? null
  const isBare = list.data !== undefined && tasks.length === 0 && text === ''
  return (
    <>
      {!isBare && (
        <search className="mb-4 block">
          <QueryBox
            label={t`Filter tasks`}
            placeholder={t`Name, target, connection…`}
            value={text}
            onChange={onText}
            ref={box}
          />
        </search>
      )}
      <Panel flush {...(!isBare && list.data && { title: <Count total={total} /> })}>
        <div ref={table} aria-busy={list.isPlaceholderData} className="aria-busy:opacity-60">
          <Loaded query={list} lines={10}>
            {() =>
              tasks.length > 0 ? (
                <TaskTable tasks={tasks} usage={usage} />
              ) : text !== '' ? (
                <NoMatch onClear={() => onText('')} />
              ) : (
                <NoTasks />
              )
            }
          </Loaded>
        </div>
        {list.hasNextPage && (
          <div className="flex justify-center border-t border-line p-3">
            <Button pending={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
              <Trans>Show more</Trans>
            </Button>
          </div>
        )}
      </Panel>
    </>
  )
}

function Count({ total }: { total: number | null }) {
  if (total === null) return <Trans>Tasks</Trans>
  return <Plural value={total} one="# task" other="# tasks" />
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <Empty
      action={
        <Button onClick={onClear}>
          <Trans>Clear the filter</Trans>
        </Button>
      }
    >
      <Trans>No task matches the filter.</Trans>
    </Empty>
  )
}

const CREATE = `mutation($input: CreateHttpRequestTaskInput!) {
  createHttpRequestTask(input: $input) { task { key } userErrors { code message path } }
}`

function NoTasks() {
  const input = {
    key: 'list-orders',
    displayName: 'List orders',
    url: 'https://api.example.com/orders?page={{page}}',
    authorization: { clientConnection: { key: 'my-connection' } },
  }
  return (
    <Empty action={<AddTask />} command={graphqlCommand(CREATE, { input })}>
      <Trans>There are no tasks yet: a task keeps a request, to be run again and again with other values.</Trans>
    </Empty>
  )
}

/** The way to a new task, or the permission that it needs. */
export function AddTask() {
  const missing = useMissing('create:HttpRequestTask')
  if (missing)
    return (
      <Button missing={missing}>
        <Trans>Add</Trans>
      </Button>
    )
  return (
    <ButtonLink look="primary" to="/tasks/new">
      <Trans>Add</Trans>
    </ButtonLink>
  )
}
