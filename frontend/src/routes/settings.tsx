import { Trans, useLingui } from '@lingui/react/macro'
import { About, Api } from '@/features/settings/About'
import { Account } from '@/features/settings/Account'
import { Appearance } from '@/features/settings/Appearance'
import { Keyboard } from '@/features/settings/Keyboard'
import { Page } from '@/ui/Page'

/** What each person chooses for themselves, and what there is to know about this Latchkey. */
export function SettingsPage() {
  const { t } = useLingui()
  return (
    <Page title={t`Settings`} lead={<Trans>Theme, language and keys are kept in this browser alone.</Trans>}>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <Appearance />
          <Account />
          <Api />
          <About />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Keyboard />
        </div>
      </div>
    </Page>
  )
}
