// The table of secrets.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import type { SecretRowFragment } from '@/gen/graphql'
import { number } from '@/i18n/format'
import { secretProviders } from '@/labels/secretProvider'
import { Cell, Column, Head, Row, Table } from '@/ui/Table'
import { Time } from '@/ui/Time'
import { usesOf } from './queries'

/** One row a secret. */
export function SecretTable({ rows, selected }: { rows: readonly SecretRowFragment[]; selected: string | undefined }) {
  const { t } = useLingui()
  return (
    <Table
      label={t`Secrets`}
      className="[&_td]:px-2 [&_th]:px-2 md:[&_td]:px-3 md:[&_th]:px-3 [&_td:first-child]:ps-4 [&_th:first-child]:ps-4"
    >
      <Head>
        <Column>
          <Trans>Display Name</Trans>
        </Column>
        <Column secondary>
          <Trans>Key</Trans>
        </Column>
        <Column className="max-xl:hidden">
          <Trans>Provider</Trans>
        </Column>
        <Column secondary>
          <Trans>Fingerprint</Trans>
        </Column>
        <Column secondary align="end">
          <Trans>Version</Trans>
        </Column>
        <Column align="end">
          <Trans>Used by</Trans>
        </Column>
        <Column className="max-xl:hidden">
          <Trans>Created</Trans>
        </Column>
        <Column secondary>
          <Trans>Rotated</Trans>
        </Column>
        <Column>
          <Trans>Expires</Trans>
        </Column>
        <Column className="max-lg:hidden">
          <Trans>Previous until</Trans>
        </Column>
      </Head>
      <tbody>
        {rows.map(row => (
          <SecretRow key={row.key} row={row} selected={row.key === selected} />
        ))}
      </tbody>
    </Table>
  )
}

function SecretRow({ row, selected }: { row: SecretRowFragment; selected: boolean }) {
  const { i18n, t } = useLingui()
  const { key, displayName, provider, fingerprint, version, createdAt, rotatedAt, expiresAt, previous, warnings } = row
  const uses = usesOf(row)
  return (
    <Row aria-selected={selected || undefined}>
      <Cell className="min-w-36">
        <Link
          from="/secrets"
          to="/secrets"
          search={before => ({ ...before, key })}
          replace
          className="font-medium wrap-anywhere hover:underline"
        >
          {displayName}
        </Link>
        <span className="block font-mono text-sm wrap-anywhere text-muted md:hidden">{key}</span>
      </Cell>
      <Cell secondary className="font-mono text-sm text-muted">
        {key}
      </Cell>
      <Cell className="text-muted max-xl:hidden">{i18n._(secretProviders[provider])}</Cell>
      <Cell secondary className="font-mono text-sm text-muted" title={fingerprint}>
        {fingerprint.slice(0, FINGERPRINT_SHOWN)}
      </Cell>
      <Cell secondary align="end">
        {number(i18n.locale, version)}
      </Cell>
      <Cell align="end">{uses === null ? '–' : number(i18n.locale, uses)}</Cell>
      <Cell className="text-muted max-xl:hidden">
        <Time at={createdAt} />
      </Cell>
      <Cell secondary className="text-muted">
        {rotatedAt ? <Time at={rotatedAt} /> : <Trans>never</Trans>}
      </Cell>
      <Cell>
        <span
          className={warnings.length > 0 ? 'flex items-center gap-1.5 text-warn' : 'text-muted'}
          title={warnings.map(({ message }) => message).join(' ') || undefined}
        >
          {warnings.length > 0 && <TriangleAlert role="img" aria-label={t`Warning`} className="size-4 shrink-0" />}
          {expiresAt ? <Time at={expiresAt} /> : '–'}
        </span>
      </Cell>
      <Cell className="text-muted max-lg:hidden">{previous ? <Time at={previous.until} exact="log" /> : '–'}</Cell>
    </Row>
  )
}

/** So much of a fingerprint tells secrets apart at a glance; the whole is its title, and in the drawer. */
const FINGERPRINT_SHOWN = 12
