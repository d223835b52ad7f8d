import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function OverviewPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Overview`}>
      <p />
    </Page>
  )
}
