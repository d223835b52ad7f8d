import { Trans, useLingui } from '@lingui/react/macro'
import { ButtonLink } from '@/ui/Button'
import { Page } from '@/ui/Page'
import { Empty } from '@/ui/States'

/** An address that leads nowhere. */
export function NotFound() {
  const { t } = useLingui()
  return (
    <Page title={t`Not found`}>
      <Empty
        action={
          <ButtonLink to="/">
            <Trans>Go to Overview</Trans>
          </ButtonLink>
        }
      >
        <Trans>There is no page at this address.</Trans>
      </Empty>
    </Page>
  )
}
