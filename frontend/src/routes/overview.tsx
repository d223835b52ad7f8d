import { Trans, useLingui } from '@lingui/react/macro'
import { useRef, useState } from 'react'
import { AuditPanel } from '@/features/overview/AuditPanel'
import { Checklist, useSteps } from '@/features/overview/Checklist'
import { ConnectionsPanel } from '@/features/overview/ConnectionsPanel'
import { FailuresPanel } from '@/features/overview/FailuresPanel'
import { isPutAway } from '@/features/overview/steps'
import { UsagePanel } from '@/features/overview/UsagePanel'
import { WarningsPanel } from '@/features/overview/WarningsPanel'
import { Page } from '@/ui/Page'
import { useRowKeys } from '@/ui/shortcuts'

export function OverviewPage() {
  const { t } = useLingui()
  const [away, setAway] = useState(isPutAway)
  // How high the first steps are depends on how many are done: what stands below them waits, and so never moves.
  const checklist = useSteps(!away)
  const isSettled = away || !checklist.isPending
  const rows = useRef<HTMLDivElement>(null)
  useRowKeys(rows)
  return (
    <Page
      title={t`Overview`}
      lead={
        away ? null : (
          <Trans>
            Welcome to Latchkey. It keeps your client credentials, fetches and renews the tokens, makes the calls, and
            writes everything down.
          </Trans>
        )
      }
    >
      <div ref={rows} className="flex flex-col gap-4">
        {!away && <Checklist onAway={() => setAway(true)} />}
        {isSettled && (
          <>
            <ConnectionsPanel />
            {/* On narrow windows the failures come right after the requests. */}
            <div className="grid items-start gap-4 lg:grid-cols-[3fr_2fr] lg:grid-rows-[auto_auto_1fr]">
              <UsagePanel />
              <div className="min-w-0 lg:col-start-2 lg:row-span-3 lg:row-start-1">
                <FailuresPanel />
              </div>
              <WarningsPanel />
              <AuditPanel />
            </div>
          </>
        )}
      </div>
    </Page>
  )
}
