import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function ConnectionUsageTab() {
  const { t } = useLingui()
  return (
    <Page title={t`Usage Data`}>
      <p />
    </Page>
  )
}
