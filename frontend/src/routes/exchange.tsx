import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function ExchangePage() {
  const { t } = useLingui()
  return (
    <Page title={t`Request`}>
      <p />
    </Page>
  )
}
