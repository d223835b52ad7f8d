// How programs use a connection.
import { Trans, useLingui } from '@lingui/react/macro'
import { exampleUrl, executeCommand, forwardCommand } from '@/api/command'
import type { ConnectionFactsFragment } from '@/gen/graphql'
import { ButtonLink } from '@/ui/Button'
import { CodeBlock } from '@/ui/Code'
import { Panel } from '@/ui/Page'

/** Commands to be copied. */
export function UsePanel({ connection }: { connection: ConnectionFactsFragment }) {
  const { t } = useLingui()
  const { key, baseUrl } = connection
  const url = exampleUrl(connection)
  return (
    <Panel title={<Trans>How to use it</Trans>}>
      <div className="flex flex-col gap-4">
        <p className="text-muted">
          <Trans>
            <code className="font-mono text-sm">$TOKEN</code> is a token of Latchkey’s. The connection’s own token never
            leaves the server.
          </Trans>
        </p>
        {url === null ? (
          <div className="flex flex-wrap items-center gap-3">
            <p>
              <Trans>Its token may be sent nowhere yet: allow a host, or give a base URL.</Trans>
            </p>
            <ButtonLink to="/connections/$key/configuration" params={{ key }} search={{ field: 'allowedHosts' }}>
              <Trans>Allow a host</Trans>
            </ButtonLink>
          </div>
        ) : (
          <div className="flex flex-col gap-1.5">
            <h3 className="font-medium">
              <Trans>A request through GraphQL</Trans>
            </h3>
            <CodeBlock text={executeCommand({ key, url })} label={t`A request through GraphQL`} />
          </div>
        )}
        <div className="flex flex-col gap-1.5">
          <h3 className="font-medium">
            <Trans>By the forward route</Trans>
          </h3>
          {baseUrl ? (
            <CodeBlock text={forwardCommand(key)} label={t`By the forward route`} />
          ) : (
            <p className="text-muted">
              <Trans>Needs a base URL, which its paths are relative to.</Trans>
            </p>
          )}
        </div>
      </div>
    </Panel>
  )
}
