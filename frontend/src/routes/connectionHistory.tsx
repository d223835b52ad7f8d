import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function ConnectionHistoryTab() {
  const { t } = useLingui()
  return (
    <Page title={t`History`}>
      <p />
    </Page>
  )
}
