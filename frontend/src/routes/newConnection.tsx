import { useLingui } from '@lingui/react/macro'
import { Page } from '@/ui/Page'

export function NewConnectionPage() {
  const { t } = useLingui()
  return (
    <Page title={t`New connection`}>
      <p />
    </Page>
  )
}
