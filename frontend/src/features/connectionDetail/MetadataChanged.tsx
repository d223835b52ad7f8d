// The issuer publishes something else than what is in use: a person decides.
import { Trans, useLingui } from '@lingui/react/macro'
import { useRef, useState } from 'react'
import { useMissing } from '@/api/viewer'
import type { MetadataChangedFragment } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Confirm } from '@/ui/Dialog'
import { Field } from '@/ui/forms/Field'
import { SecretInput } from '@/ui/forms/inputs'
import { Notice } from '@/ui/Notice'
import { Panel } from '@/ui/Page'
import { Cell, Column, Head, Table } from '@/ui/Table'
import { Time } from '@/ui/Time'
import { usePageActions } from './useActions'

type MetadataChangedProps = { version: number; change: MetadataChangedFragment }

/** What is pinned and what is published, and the way to agree. */
export function MetadataChanged({ version, change }: MetadataChangedProps) {
  const { t } = useLingui()
  const [asked, setAsked] = useState(false)
  return (
    <Panel
      title={<Trans>The issuer publishes something else</Trans>}
      actions={
        <Button missing={useMissing('edit:Connection')} onClick={() => setAsked(true)}>
          <Trans>Agree</Trans>
        </Button>
      }
      className="border-warn"
    >
      <div className="flex flex-col gap-3">
        <p>
          <Trans>
            Since <Time at={change.detectedAt} exact="dateTime" /> <Mono>{change.issuer}</Mono> publishes other values
            than those in use. What is in use stays in use until you agree.
          </Trans>
        </p>
        <div className="overflow-x-auto">
          <Table label={t`What has changed`}>
            <Head>
              <Column>
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
                <tr key={field} className="border-b border-line last:border-0">
                  <Cell>
                    <Mono>{field}</Mono>
                  </Cell>
                  <Cell>{pinned ? <Mono>{pinned}</Mono> : <Trans>Nothing</Trans>}</Cell>
                  <Cell>{found ? <Mono>{found}</Mono> : <Trans>Nothing</Trans>}</Cell>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      </div>
      {asked && <Agree change={change} version={version} onClose={() => setAsked(false)} />}
    </Panel>
  )
}

type AgreeProps = {
  change: MetadataChangedFragment
  version: number
  onClose: () => void
}

function Agree({ change, version, onClose }: AgreeProps) {
  const actions = usePageActions()
  const [refusal, setRefusal] = useState<string | null>(null)
  const secret = useRef<HTMLInputElement>(null)
  const needsSecret = useMissing('edit:ConnectionEndpoint') !== null
  const agree = () => {
    setRefusal(null)
    const secretConfirmation = secret.current?.value
    actions.change.mutate(
      {
        input: { expectedVersion: version, issuer: change.issuer, ...(secretConfirmation && { secretConfirmation }) },
        text: <Trans>What the issuer publishes is in use now.</Trans>,
      },
      {
        onSuccess: onClose,
        onError: error => setRefusal(error.message),
        // The secret is among the variables, which would otherwise stay for as long as the page.
        onSettled: actions.change.reset,
      },
    )
  }
  return (
    <Confirm
      title={<Trans>Use what the issuer publishes now?</Trans>}
      verb={<Trans>Agree</Trans>}
      pending={actions.change.isPending}
      onConfirm={agree}
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <p>
          <Trans>The secret of this connection then goes to what is published now:</Trans>
        </p>
        <ul>
          {change.changes.map(({ field, found }) => (
            <li key={field}>
              <Mono>
                {field} {found ?? '–'}
              </Mono>
            </li>
          ))}
        </ul>
        {needsSecret && (
          <Field
            label={<Trans>Current secret</Trans>}
            hint={<Trans>Whoever decides where a secret is sent has to know it.</Trans>}
            required
          >
            {control => <SecretInput {...control} ref={secret} />}
          </Field>
        )}
        {refusal && <Notice tone="bad">{refusal}</Notice>}
      </div>
    </Confirm>
  )
}
