// What works today and will not for long.
import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ButtonLink } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { Chip } from '@/ui/Status'
import { Time } from '@/ui/Time'
import { secretsQuery } from './queries'

/** Warnings about secrets, the most urgent first. */
export function WarningsPanel() {
  const query = useQuery(secretsQuery)
  return (
    <Panel
      title={<Trans>Warnings</Trans>}
      actions={
        <ButtonLink look="quiet" to="/secrets">
          <Trans>All secrets</Trans>
        </ButtonLink>
      }
      flush
    >
      <Loaded query={query} lines={1}>
        {secrets => {
          const warnings = (secrets?.nodes ?? [])
            .flatMap(secret => secret.warnings.map(warning => ({ ...warning, secret })))
            .sort((one, other) => one.at.localeCompare(other.at))
          return (
            <>
              {warnings.length === 0 && (
                <p className="p-4 text-muted">
                  <Trans>No secret expires soon.</Trans>
                </p>
              )}
              <ul>
                {warnings.map(({ code, message, at, secret }) => (
                  <li
                    key={`${code} ${secret.key}`}
                    data-row
                    className="border-b border-line px-4 py-2.5 last:border-0 hover:bg-hover"
                  >
                    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                      <Chip tone={code === 'SECRET_EXPIRED' ? 'bad' : 'warn'}>
                        <Time at={at} />
                      </Chip>
                      <Link to="/secrets" search={{ key: secret.key }} className="font-medium hover:underline">
                        {secret.displayName}
                      </Link>
                    </div>
                    <p className="mt-1 text-sm break-words text-muted">{message}</p>
                  </li>
                ))}
              </ul>
              {secrets?.pageInfo.hasNextPage && (
                <p className="border-t border-line px-4 py-2 text-sm text-muted">
                  <Trans>Of the first hundred secrets. The others are on their own page.</Trans>
                </p>
              )}
            </>
          )
        }}
      </Loaded>
    </Panel>
  )
}
