import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function SettingsPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Settings`}>
      <p />
    </Page>
  )
}
