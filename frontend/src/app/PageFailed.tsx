import { useLingui } from '@lingui/react/macro'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { ApiError } from '@/api/request'
import { Page } from '@/ui/Page'
import { Failed } from '@/ui/States'

/** A page that broke while it was shown, or could not be loaded. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const { t } = useLingui()
  const again = async () => {
    if (!(error instanceof ApiError && error.code === 'OFFLINE')) return reset()
    // A page that could not be loaded is not asked for again, and after an upgrade it has another name: the window begins
    // anew, but not while nobody answers.
    const answer = await fetch('/healthz').catch(() => null)
    if (answer?.ok) window.location.reload()
  }
  return (
    <Page title={t`Something went wrong`}>
      <Failed error={error instanceof Error ? error : new Error(String(error))} retry={again} />
    </Page>
  )
}
