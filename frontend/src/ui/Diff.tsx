// What has changed between two JSON values, as a table.
import { Trans, useLingui } from '@lingui/react/macro'
import { Fragment, type ReactNode, useMemo } from 'react'
import { classes } from './classes'
import { type Difference, differences, type Leaf } from './differences'
import { Cell, Column, Head, Row, Table } from './Table'

type DiffProps = {
  before: unknown
  after: unknown
  /** The heads of the columns, where "Before" and "After" say too little. */
  names?: { before: ReactNode; after: ReactNode }
  /** What a path is called; the path itself where it gives nothing. */
  label?: (path: string) => ReactNode
}

/** The differences of two values, each with its sign and its word. */
export function Diff({ before, after, names, label }: DiffProps) {
  const { t } = useLingui()
  const found = useMemo(() => differences(before, after), [before, after])
  if (found.length === 0)
    return (
      <p className="text-muted">
        <Trans>Nothing differs.</Trans>
      </p>
    )
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table that scrolls is no fieldset
    <div role="group" aria-label={t`Changes`} tabIndex={0} className="overflow-x-auto rounded-md border border-line">
      <Table label={t`Changes`} className="min-w-80 table-fixed">
        <Head>
          <Column className="w-1/3">
            <Trans>Field</Trans>
          </Column>
          <Column>{names?.before ?? <Trans>Before</Trans>}</Column>
          <Column>{names?.after ?? <Trans>After</Trans>}</Column>
        </Head>
        <tbody>
          {found.map((difference, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a list may lose two equal values
            <Line key={index} difference={difference} label={label} />
          ))}
        </tbody>
      </Table>
    </div>
  )
}

function Line({ difference, label }: { difference: Difference; label: DiffProps['label'] }) {
  const { path, kind, before, after } = difference
  return (
    <Row className="align-top">
      <Cell>
        <div className="break-words">{label?.(path) ?? <Path path={path} />}</div>
        <Kind kind={kind} />
      </Cell>
      <Cell className={classes(before !== undefined && 'bg-bad-soft')}>
        <Value value={before} />
      </Cell>
      <Cell className={classes(after !== undefined && 'bg-ok-soft')}>
        <Value value={after} />
      </Cell>
    </Row>
  )
}

/** A path, which may be broken between its parts. */
function Path({ path }: { path: string }) {
  const parts = (path || '—').split(/(?=[.[])/)
  return (
    <span className="font-mono text-sm">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity
        <Fragment key={index}>
          <wbr />
          {part}
        </Fragment>
      ))}
    </span>
  )
}

const signs: Record<Difference['kind'], string> = { added: '+', removed: '−', changed: '±' }
const tones: Record<Difference['kind'], string> = { added: 'text-ok', removed: 'text-bad', changed: 'text-warn' }

function Kind({ kind }: { kind: Difference['kind'] }) {
  return (
    <div className={classes('flex gap-1 text-xs font-medium', tones[kind])}>
      <span aria-hidden className="w-2 text-center">
        {signs[kind]}
      </span>
      {kind === 'added' ? <Trans>Added</Trans> : kind === 'removed' ? <Trans>Removed</Trans> : <Trans>Changed</Trans>}
    </div>
  )
}

function Value({ value }: { value: Leaf | undefined }) {
  const { t } = useLingui()
  if (value === undefined)
    return (
      <span role="img" aria-label={t`nothing`} className="text-muted">
        —
      </span>
    )
  return (
    <span className="font-mono text-sm break-words whitespace-pre-wrap">
      {typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}
    </span>
  )
}
