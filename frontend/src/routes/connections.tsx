import { Trans, useLingui } from '@lingui/react/macro'
import { getRouteApi } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useMissing } from '@/api/viewer'
import { ConnectionList } from '@/features/connections/ConnectionList'
import { Button, ButtonLink } from '@/ui/Button'
import { Page } from '@/ui/Page'

const route = getRouteApi('/connections')

/** All connections, with their states as they change. */
export function ConnectionsPage() {
  const { t } = useLingui()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Page title={t`Connections`} wide actions={<Add />}>
      <ConnectionList search={search} onSearch={next => void navigate({ search: next, replace: true })} />
    </Page>
  )
}

function Add() {
  const missing = useMissing('create:Connection')
  const icon = <Plus aria-hidden className="size-4" />
  return missing ? (
    <Button icon={icon} missing={missing}>
      <Trans>Add</Trans>
    </Button>
  ) : (
    <ButtonLink look="primary" icon={icon} to="/connections/new">
      <Trans>Add</Trans>
    </ButtonLink>
  )
}
