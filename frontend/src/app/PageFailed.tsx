import { useLingui } from '@lingui/react/macro'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { Page } from '@/ui/Page'
import { Failed } from '@/ui/States'

/** A page that broke while it was shown, or could not be loaded. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const { t } = useLingui()
  return (
    <Page title={t`Something went wrong`}>
      <Failed error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
    </Page>
  )
}
