import { Trans, useLingui } from '@lingui/react/macro'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useMissing } from '@/api/viewer'
import { CreateSecret } from '@/features/secrets/CreateSecret'
import { SecretList } from '@/features/secrets/SecretList'
import { Button } from '@/ui/Button'
import { Page } from '@/ui/Page'
import { useShortcuts } from '@/ui/shortcuts'

export function SecretsPage() {
  const { t } = useLingui()
  const { q, key, new: creating } = useSearch({ from: '/secrets' })
  const navigate = useNavigate({ from: '/secrets' })
  const missing = useMissing('create:Secret')
  const create = () => navigate({ search: { q, new: true } })
  const select = (selected: string | undefined) => navigate({ search: { q, key: selected }, replace: true })
  useShortcuts({ c: () => missing === null && create() })
  return (
    <Page
      wide
      title={t`Secrets`}
      lead={<Trans>What connections prove who they are with. Values can be replaced, but never read.</Trans>}
      actions={
        <Button look="primary" icon={<Plus aria-hidden className="size-4" />} missing={missing} onClick={create}>
          <Trans>Add</Trans>
        </Button>
      }
    >
      <SecretList
        typed={q ?? ''}
        onType={typed => navigate({ search: { q: typed || undefined, key }, replace: true })}
        onCreate={create}
        selected={key}
        onSelect={select}
      />
      {creating && <CreateSecret onCreated={select} onClose={() => select(undefined)} />}
    </Page>
  )
}
