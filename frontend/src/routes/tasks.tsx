import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function TasksPage() {
  const { t } = useLingui()
  return (
    <Page title={t`HTTP Request Tasks`}>
      <p />
    </Page>
  )
}
