// The token that is in the cache, as far as it may be known.
import { Trans } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import type { TokenPanelFragment } from '@/gen/graphql'
import { CopyButton, Mono } from '@/ui/Code'
import { Countdown } from '@/ui/Countdown'
import { Fact, Facts, Panel } from '@/ui/Page'
import { Time } from '@/ui/Time'

/** The newest token, counting down to its end. */
export function TokenPanel({ token, connectionKey }: { token: TokenPanelFragment | null; connectionKey: string }) {
  const client = useQueryClient()
  const renew = () => client.invalidateQueries({ queryKey: ['connection', connectionKey, 'overview'] })
  return (
    <Panel title={<Trans>Token</Trans>}>
      {token ? (
        <Facts>
          <Fact name={<Trans>Expires</Trans>}>
            <span className="font-medium">
              <Countdown key={token.expiresAt} to={token.expiresAt} onEnd={renew} />
            </span>{' '}
            <span className="text-muted">
              <Trans>
                at <Time at={token.expiresAt} exact="clock" />
              </Trans>
            </span>
          </Fact>
          <Fact name={<Trans>Fetched</Trans>}>
            <Time at={token.fetchedAt} exact="dateTime" />
          </Fact>
          <Fact name={<Trans>Scope</Trans>}>
            {token.scope ? <Mono>{token.scope}</Mono> : <Trans>The issuer did not say.</Trans>}
          </Fact>
          <Fact name={<Trans>Type</Trans>}>{token.tokenType}</Fact>
          <Fact name={<Trans>Fingerprint</Trans>}>
            <span className="-my-1.5 flex items-center">
              <Mono>{token.fingerprint}</Mono>
              <CopyButton text={token.fingerprint} />
            </span>
          </Fact>
        </Facts>
      ) : (
        <p className="text-muted">
          <Trans>There is no token in the cache: the next request fetches one.</Trans>
        </p>
      )}
    </Panel>
  )
}
