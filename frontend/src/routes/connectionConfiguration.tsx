import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function ConnectionConfigurationTab() {
  const { t } = useLingui()
  return (
    <Page title={t`Configuration`}>
      <p />
    </Page>
  )
}
