import { Trans, useLingui } from '@lingui/react/macro'
import { useSearch } from '@tanstack/react-router'
import { Events } from '@/features/audit/Events'
import { Page } from '@/ui/Page'

/** What has happened: the event log, searched and live. */
export function AuditPage() {
  const { t } = useLingui()
  const { q = '', event } = useSearch({ from: '/audit' })
  return (
    <Page
      wide
      title={t`Audit`}
      lead={<Trans>Everything that has happened, in order and without a hole. Nothing here can be changed.</Trans>}
    >
      <Events text={q} open={event} />
    </Page>
  )
}
