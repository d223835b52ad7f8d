// What is said above the form: others' changes, and an issuer that publishes something else than what is pinned.
import { Trans, useLingui } from '@lingui/react/macro'
import { type ReactNode, useEffect, useRef } from 'react'
import { useMissing } from '@/api/viewer'
import type { ConnectionFormFragment, MetadataChangeFragment } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Notice } from '@/ui/Notice'
import { Fact, Facts } from '@/ui/Page'
import { Cell, Column, Head, Row, Table } from '@/ui/Table'
import { Time } from '@/ui/Time'
import { fieldLabel } from './fieldLabels'
import type { Conflict } from './merge'
import type { ConnectionFormState } from './useConnectionForm'

/** Who changed what meanwhile, and whose value each field shall have. */
export function OthersNotice({ state }: { state: ConnectionFormState }) {
  const { i18n } = useLingui()
  const { others, takeTheirs, keepMine, setOthers } = state
  const place = useRef<HTMLDivElement>(null)
  const current = others?.current
  // It stands above the form, and whoever saves is at its end.
  useEffect(() => {
    if (current) place.current?.scrollIntoView({ block: 'center' })
  }, [current])
  if (!others) return null
  const { conflicts, taken } = others.merged
  const who = others.current.updatedBy.display ?? others.current.updatedBy.id
  const names = (paths: readonly string[]) => [...new Set(paths.map(path => nameOf(path, i18n)))].join(', ')
  return (
    <div ref={place}>
      <Notice
        tone="warn"
        actions={
          conflicts.length === 0 && (
            <Button look="quiet" onClick={() => setOthers(null)}>
              <Trans>Close</Trans>
            </Button>
          )
        }
      >
        <p>
          <Trans>
            <strong className="font-semibold">{who}</strong> has changed this connection meanwhile (
            <Time at={others.current.updatedAt} exact="clock" />
            ). Nothing was saved; look at it and save again.
          </Trans>
        </p>
        {taken.length > 0 && (
          <p className="mt-1">
            <Trans>Taken over into this form: {names(taken)}.</Trans>
          </p>
        )}
        {conflicts.length > 0 && <Conflicts conflicts={conflicts} takeTheirs={takeTheirs} keepMine={keepMine} />}
      </Notice>
    </div>
  )
}

type ConflictsProps = { conflicts: Conflict[] } & Pick<ConnectionFormState, 'takeTheirs' | 'keepMine'>

function Conflicts({ conflicts, takeTheirs, keepMine }: ConflictsProps) {
  const { t, i18n } = useLingui()
  return (
    <ul aria-label={t`Fields that both have changed`} className="mt-2 flex flex-col gap-3">
      {conflicts.map(({ path, mine, theirs }) => {
        const name = nameOf(path, i18n)
        return (
          <li key={path} className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
            <div className="min-w-0">
              <span className="font-medium">{name}</span>
              <Facts>
                <Fact name={<Trans>Yours</Trans>}>
                  <Mono>{textOf(mine)}</Mono>
                </Fact>
                <Fact name={<Trans>Theirs</Trans>}>
                  <Mono>{textOf(theirs)}</Mono>
                </Fact>
              </Facts>
            </div>
            <span className="flex gap-1">
              <Button aria-label={t`Keep mine: ${name}`} onClick={() => keepMine(path)}>
                <Trans>Keep mine</Trans>
              </Button>
              <Button aria-label={t`Take theirs: ${name}`} onClick={() => takeTheirs(path, theirs)}>
                <Trans>Take theirs</Trans>
              </Button>
            </span>
          </li>
        )
      })}
    </ul>
  )
}

type I18n = ReturnType<typeof useLingui>['i18n']

function nameOf(path: string, i18n: I18n): string {
  const label = fieldLabel(path)
  const inner = path.split('.')[1]
  const name = label ? i18n._(label) : path
  return inner ? `${name} · ${inner}` : name
}

function textOf(value: unknown): string {
  if (value === '' || value === null || value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

type MetadataProps = {
  change: MetadataChangeFragment
  pending: boolean
  onDecide: ConnectionFormState['decide']
}

/** The issuer publishes something else than what is pinned: what is pinned stays in use until somebody agrees. */
export function MetadataChangeNotice({ change, pending, onDecide }: MetadataProps) {
  const { t } = useLingui()
  const missing = useMissing('edit:Connection')
  return (
    <Notice tone="warn">
      <p>
        <Trans>
          <Mono>{change.issuer}</Mono> has published something else since{' '}
          <Time at={change.detectedAt} exact="dateTime" />. What was pinned stays in use until you agree.
        </Trans>
      </p>
      <div className="mt-2 overflow-x-auto">
        <Table label={t`What has changed at the issuer`}>
          <Head>
            <Column className="ps-0">
              <Trans>Field</Trans>
            </Column>
            <Column>
              <Trans>In use</Trans>
            </Column>
            <Column>
              <Trans>Published now</Trans>
            </Column>
          </Head>
          <tbody>
            {change.changes.map(({ field, pinned, found }) => (
              <Row key={field}>
                <Cell className="ps-0">
                  <Mono>{field}</Mono>
                </Cell>
                <Cell>
                  <Mono>{textOf(pinned)}</Mono>
                </Cell>
                <Cell>
                  <Mono>{textOf(found)}</Mono>
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      </div>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button look="primary" pending={pending} missing={missing} onClick={() => onDecide({ issuer: change.issuer })}>
          <Trans>Agree: use what is published now</Trans>
        </Button>
        <Button pending={pending} missing={missing} onClick={() => onDecide({ issuer: null })}>
          <Trans>Keep what is in use and forget the issuer</Trans>
        </Button>
      </div>
    </Notice>
  )
}

/** A saved connection that can't be used as it is, whatever the form says. */
export function DisabledNotice({
  connection,
  field,
}: {
  connection: ConnectionFormFragment
  field: string | undefined
}) {
  if (connection.enabled || field !== 'enabled') return null
  return (
    <Notice tone="warn">
      <Trans>This connection is disabled. It can be enabled at the top of this page.</Trans>
    </Notice>
  )
}

/** What the issuer does not list although the connection does it. */
export function WarningList({ warnings, children }: { warnings: readonly string[]; children: ReactNode }) {
  return (
    <>
      {children}
      {warnings.length > 0 && (
        <ul className="mt-1 list-disc ps-5">
          {warnings.map(warning => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </>
  )
}
