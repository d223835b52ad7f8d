import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function ConnectionPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Connection`}>
      <p />
    </Page>
  )
}

export function ConnectionOverviewTab() {
  const { t } = useLingui()
  return (
    <Page title={t`Overview`}>
      <p />
    </Page>
  )
}
