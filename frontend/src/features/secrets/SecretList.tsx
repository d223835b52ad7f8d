// All secrets: what is known of them, never what they are.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { graphqlCommand } from '@/api/command'
import { useMissing } from '@/api/viewer'
import { Button } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { QueryBox } from '@/ui/QueryBox'
import { Empty, Loaded } from '@/ui/States'
import { useRowKeys, useShortcuts } from '@/ui/shortcuts'
import { filterSecrets, secretsQuery } from './queries'
import { SecretDrawer } from './SecretDrawer'
import { SecretTable } from './SecretTable'

type SecretListProps = {
  /** What the list is filtered by. */
  typed: string
  onType: (typed: string) => void
  onCreate: () => void
  /** Key of the secret whose drawer is open. */
  selected: string | undefined
  onSelect: (key: string | undefined) => void
}

/** The list with its filter and its drawer. */
export function SecretList({ typed, onType, onCreate, selected, onSelect }: SecretListProps) {
  const { t } = useLingui()
  const secrets = useQuery(secretsQuery)
  const filter = useRef<HTMLInputElement>(null)
  const table = useRef<HTMLDivElement>(null)
  useRowKeys(table, selected === undefined)
  useShortcuts({ '/': () => filter.current?.focus() })
  const rows = filterSecrets(secrets.data?.rows ?? [], typed)
  const at = rows.findIndex(({ key }) => key === selected)
  return (
    <>
      <search className="mb-4 block">
        <QueryBox
          ref={filter}
          label={t`Filter secrets`}
          placeholder={t`Filter by Key, Display Name or fingerprint`}
          value={typed}
          onChange={onType}
        />
      </search>
      <Panel flush>
        <div ref={table}>
          <Loaded query={secrets} lines={8}>
            {({ rows: all, more }) =>
              all.length === 0 ? (
                <NoSecrets onCreate={onCreate} />
              ) : rows.length === 0 ? (
                <Empty
                  action={
                    <Button onClick={() => onType('')}>
                      <Trans>Clear the filter</Trans>
                    </Button>
                  }
                >
                  <Trans>No secret matches the filter.</Trans>
                </Empty>
              ) : (
                <>
                  <SecretTable rows={rows} selected={selected} />
                  {more && (
                    <p className="px-4 py-2 text-sm text-muted">
                      <Plural value={all.length} one="Only the first # is shown." other="Only the first # are shown." />
                    </p>
                  )}
                </>
              )
            }
          </Loaded>
        </div>
      </Panel>
      {selected !== undefined && (
        <SecretDrawer
          key={selected}
          secretKey={selected}
          previous={rows[at - 1]?.key ?? null}
          next={at === -1 ? null : (rows[at + 1]?.key ?? null)}
          onSelect={onSelect}
        />
      )}
    </>
  )
}

const CREATE = `mutation ($input: CreateSecretInput!) {
  createSecret(input: $input) { secret { key } userErrors { message path } }
}`

function NoSecrets({ onCreate }: { onCreate: () => void }) {
  const missing = useMissing('create:Secret')
  return (
    <Empty
      action={
        <Button look="primary" missing={missing} onClick={onCreate}>
          <Trans>Store a secret</Trans>
        </Button>
      }
      command={graphqlCommand(CREATE, {
        input: { key: 'billing-secret', displayName: 'Billing API', source: { value: '…' } },
      })}
    >
      <Trans>There are no secrets yet; connections use them to prove who they are.</Trans>
    </Empty>
  )
}
