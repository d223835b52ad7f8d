import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function ConnectionsPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Connections`}>
      <p />
    </Page>
  )
}
