// The table of tasks, one part for each endpoint.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { ListedTaskFragment } from '@/gen/graphql'
import { number } from '@/i18n/format'
import { connectionStates } from '@/labels/connectionState'
import { Mono } from '@/ui/Code'
import { Status } from '@/ui/Status'
import { Cell, Column, Head, Row, Table } from '@/ui/Table'
import { Time } from '@/ui/Time'
import { groupByEndpoint } from './groups'
import type { Usage } from './useTasks'

/** One row a task. */
export function TaskTable({ tasks, usage }: { tasks: ListedTaskFragment[]; usage: Usage }) {
  const { t } = useLingui()
  const groups = groupByEndpoint(tasks)
  const isGrouped = groups.some(({ endpoint }) => endpoint !== null)
  return (
    <Table label={t`HTTP Request Tasks`}>
      <Head>
        <Column>
          <Trans>Display Name</Trans>
        </Column>
        <Column secondary>
          <Trans>Request</Trans>
        </Column>
        <Column secondary>
          <Trans>Connection</Trans>
        </Column>
        <Column align="end">
          <Trans>Runs, 24 h</Trans>
        </Column>
        <Column className="max-xl:hidden">
          <Trans>Changed</Trans>
        </Column>
      </Head>
      {groups.map(({ endpoint, tasks: grouped }) => (
        <tbody key={endpoint ?? ''} className="border-t border-line first-of-type:border-0">
          {isGrouped && (
            <tr className="border-b border-line bg-sunken">
              <th colSpan={5} scope="rowgroup" className="px-4 py-1.5 text-start text-sm font-semibold">
                {endpoint ?? (
                  <span className="text-muted">
                    <Trans>Without an endpoint</Trans>
                  </span>
                )}
              </th>
            </tr>
          )}
          {grouped.map(task => (
            <TaskRow key={task.key} task={task} usage={usage} />
          ))}
        </tbody>
      ))}
    </Table>
  )
}

function TaskRow({ task, usage }: { task: ListedTaskFragment; usage: Usage }) {
  const { key, displayName, method, target, authorization, updatedAt } = task
  return (
    <Row>
      <Cell className="min-w-44">
        <Link to="/tasks/$key" params={{ key }} className="font-medium break-words hover:underline">
          {displayName}
        </Link>
        <span className="block font-mono text-sm break-words text-muted">{key}</span>
        <div className="mt-1 flex flex-col gap-1 md:hidden">
          <div>
            <Mono className="font-semibold">{method}</Mono> <Mono>{target}</Mono>
          </div>
          <div>
            <Authorised by={authorization} />
          </div>
        </div>
      </Cell>
      <Cell secondary className="min-w-56">
        <Mono className="font-semibold">{method}</Mono> <Mono>{target}</Mono>
      </Cell>
      <Cell secondary>
        <Authorised by={authorization} />
      </Cell>
      <Cell align="end">
        <Runs totals={usage.get(key)} />
      </Cell>
      <Cell className="text-muted max-xl:hidden">
        <Time at={updatedAt} />
      </Cell>
    </Row>
  )
}

function Authorised({ by }: { by: ListedTaskFragment['authorization'] }) {
  const { i18n } = useLingui()
  const { connectionKey, connection } = by
  if (connectionKey === null)
    return (
      <span className="text-muted">
        <Trans>without a connection</Trans>
      </span>
    )
  return (
    <>
      <Link to="/connections/$key" params={{ key: connectionKey }} className="hover:underline">
        {connection?.displayName ?? connectionKey}
      </Link>
      {connection?.state && (
        <div className="text-sm">
          <Status tone={connectionStates[connection.state].tone}>
            {i18n._(connectionStates[connection.state].label)}
          </Status>
        </div>
      )}
    </>
  )
}

function Runs({ totals }: { totals: ReturnType<Usage['get']> }) {
  const { i18n } = useLingui()
  if (!totals) return null
  const failed = totals.authFailures + totals.transportFailures
  return (
    <>
      <div>{number(i18n.locale, totals.requests)}</div>
      {failed > 0 && (
        <div className="text-sm whitespace-nowrap text-bad">
          <Trans>{number(i18n.locale, failed)} failed</Trans>
        </div>
      )}
    </>
  )
}
