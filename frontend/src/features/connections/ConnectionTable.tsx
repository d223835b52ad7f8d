// The table of connections.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import type { ConnectionRowFragment } from '@/gen/graphql'
import { number } from '@/i18n/format'
import { authentications } from '@/labels/authentication'
import { connectionStates } from '@/labels/connectionState'
import { Sparkline } from '@/ui/Sparkline'
import { Chip, Status } from '@/ui/Status'
import { Cell, Column, Head, Row, Table } from '@/ui/Table'
import { Time } from '@/ui/Time'

/** Failures by hour, by Key: null where the viewer may not see them, missing while they are asked for. */
export type Failures = ReadonlyMap<string, number[] | null>

/** One row a connection. */
export function ConnectionTable({ rows, failures }: { rows: ConnectionRowFragment[]; failures: Failures }) {
  const { t } = useLingui()
  return (
    <Table label={t`Connections`}>
      <Head>
        <Column>
          <Trans>State</Trans>
        </Column>
        <Column>
          <Trans>Display Name</Trans>
        </Column>
        <Column secondary>
          <Trans>Key</Trans>
        </Column>
        <Column secondary>
          <Trans>Host</Trans>
        </Column>
        <Column secondary>
          <Trans>Secret Configuration</Trans>
        </Column>
        <Column>
          <Trans>Failures, 24 h</Trans>
        </Column>
        <Column secondary>
          <Trans>Last used</Trans>
        </Column>
        <Column className="max-xl:hidden">
          <Trans>Changed</Trans>
        </Column>
      </Head>
      <tbody>
        {rows.map(row => (
          <ConnectionRow key={row.key} row={row} failures={failures.get(row.key)} />
        ))}
      </tbody>
    </Table>
  )
}

function ConnectionRow({ row, failures }: { row: ConnectionRowFragment; failures: number[] | null | undefined }) {
  const { i18n, t } = useLingui()
  const { key, displayName, state, warnings } = row
  const kind = authentications[row.authentication.__typename]
  return (
    <Row>
      <Cell>
        {state && (
          <span title={row.stateReason ?? undefined}>
            <Status tone={connectionStates[state].tone}>{i18n._(connectionStates[state].label)}</Status>
          </span>
        )}
      </Cell>
      <Cell className="min-w-44">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link to="/connections/$key" params={{ key }} className="font-medium break-words hover:underline">
            {displayName}
          </Link>
          {warnings.length > 0 && (
            <span title={warnings.map(({ message }) => message).join(' ')}>
              <TriangleAlert role="img" aria-label={t`Warning`} className="size-4 text-warn" />
            </span>
          )}
          {row.labels.map(label => (
            <Chip key={label}>{label}</Chip>
          ))}
        </span>
        <span className="block font-mono text-sm break-words text-muted md:hidden">{key}</span>
      </Cell>
      <Cell secondary className="font-mono text-sm text-muted">
        {key}
      </Cell>
      <Cell secondary className="text-muted">
        {hostOf(row.accessTokenUrl)}
      </Cell>
      <Cell secondary className="whitespace-nowrap text-muted">
        {kind && i18n._(kind)}
      </Cell>
      <Cell>{failures && <FailureSpark counts={failures} />}</Cell>
      <Cell secondary className="text-muted">
        {row.lastUsedAt ? <Time at={row.lastUsedAt} /> : <Trans>never</Trans>}
      </Cell>
      <Cell className="text-muted max-xl:hidden">
        <Time at={row.updatedAt} />
      </Cell>
    </Row>
  )
}

function FailureSpark({ counts }: { counts: number[] }) {
  const { t, i18n } = useLingui()
  const sum = counts.reduce((total, count) => total + count, 0)
  return (
    <span className="flex items-center gap-2">
      <span className="max-sm:hidden">
        <Sparkline values={counts} text={t`Auth failures by hour`} />
      </span>
      <span className={sum > 0 ? 'text-bad' : 'text-muted'}>
        {number(i18n.locale, sum)}
        <span className="sr-only">
          {' '}
          <Plural value={sum} one="failure" other="failures" />
        </span>
      </span>
    </span>
  )
}

/** Host and port of an address; the text itself where it is none. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url
}
