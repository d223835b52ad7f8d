import { Trans, useLingui } from '@lingui/react/macro'
import { Link, useNavigate } from '@tanstack/react-router'
import { ConnectionForm } from '@/features/connectionForm/ConnectionForm'
import { Page } from '@/ui/Page'

/** A new connection: described, tested, saved. */
export function NewConnectionPage() {
  const { t } = useLingui()
  const navigate = useNavigate()
  return (
    <Page
      title={t`New connection`}
      wide
      above={
        <Link to="/connections" className="hover:underline">
          <Trans>Connections</Trans>
        </Link>
      }
    >
      <ConnectionForm
        connection={null}
        onSaved={({ key, warnings }) => {
          // Warnings are read first; the form then shows the way.
          if (warnings.length === 0) void navigate({ to: '/connections/$key', params: { key } })
        }}
      />
    </Page>
  )
}
