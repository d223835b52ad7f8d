import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function AuditPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Audit`}>
      <p />
    </Page>
  )
}
