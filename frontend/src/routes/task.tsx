import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function TaskPage() {
  const { t } = useLingui()
  return (
    <Page title={t`HTTP Request Task`}>
      <p />
    </Page>
  )
}

export function NewTaskPage() {
  const { t } = useLingui()
  return (
    <Page title={t`New HTTP Request Task`}>
      <p />
    </Page>
  )
}
