import { Trans, useLingui } from '@lingui/react/macro'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { RequestConsole } from '@/features/request/console/RequestConsole'
import { Page } from '@/ui/Page'

export function RequestsPage() {
  const { t } = useLingui()
  const { connection, from } = useSearch({ from: '/requests' })
  const navigate = useNavigate({ from: '/requests' })
  return (
    <Page
      title={t`Requests`}
      lead={<Trans>Send an HTTP request with a connection’s token, and see what happened on the way.</Trans>}
      wide
    >
      <RequestConsole connection={connection} from={from} onFrom={id => navigate({ search: { from: id } })} />
    </Page>
  )
}
