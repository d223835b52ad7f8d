import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function SecretsPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Secrets`}>
      <p />
    </Page>
  )
}
