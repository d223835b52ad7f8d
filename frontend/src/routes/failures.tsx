import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function FailuresPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Failures`}>
      <p />
    </Page>
  )
}
