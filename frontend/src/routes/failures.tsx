import { Trans, useLingui } from '@lingui/react/macro'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { FailureFilters } from '@/features/failures/FailureFilters'
import { FailureTail } from '@/features/failures/FailureTail'
import { filterOf } from '@/features/failures/filter'
import { Page } from '@/ui/Page'

export function FailuresPage() {
  const { t } = useLingui()
  const { failure, ...wanted } = useSearch({ from: '/failures' })
  const navigate = useNavigate({ from: '/failures' })
  const filterBy = (search: typeof wanted) => navigate({ search: { ...search, failure }, replace: true })
  return (
    <Page
      wide
      title={t`Failures`}
      lead={
        <Trans>
          Tokens that could not be had or were refused, as it happens. Requests that are then held back stand under{' '}
          <Link to="/requests" className="text-accent underline">
            Requests
          </Link>
          , and count in Usage Data.
        </Trans>
      }
    >
      <FailureFilters search={wanted} onChange={filterBy} />
      <FailureTail
        filter={filterOf(wanted)}
        onClearFilter={() => filterBy({})}
        selected={failure}
        onSelect={id => navigate({ search: before => ({ ...before, failure: id }), replace: true })}
      />
    </Page>
  )
}
