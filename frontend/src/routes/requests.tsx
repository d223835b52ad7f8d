import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function RequestsPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Requests`}>
      <p />
    </Page>
  )
}
