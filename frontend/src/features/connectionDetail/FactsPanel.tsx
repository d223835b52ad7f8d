// How a connection is configured, to be read.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { durationMs } from '@/api/duration'
import type { ConnectionFactsFragment } from '@/gen/graphql'
import { duration } from '@/i18n/format'
import { authentications } from '@/labels/authentication'
import { ButtonLink } from '@/ui/Button'
import { CopyButton, Mono } from '@/ui/Code'
import { Fact, Facts, Panel } from '@/ui/Page'
import { Chip } from '@/ui/Status'
import { Time } from '@/ui/Time'

/** The definition. */
export function FactsPanel({ connection }: { connection: ConnectionFactsFragment }) {
  const { key, description, labels, clientId, accessTokenUrl, issuer, baseUrl, allowedHosts, dpop } = connection
  const { createdAt, updatedAt, updatedBy } = connection
  return (
    <Panel
      title={<Trans>Facts</Trans>}
      actions={
        <ButtonLink look="quiet" to="/connections/$key/configuration" params={{ key }}>
          <Trans>Edit</Trans>
        </ButtonLink>
      }
    >
      <Facts>
        {description && <Fact name={<Trans>Description</Trans>}>{description}</Fact>}
        {labels.length > 0 && (
          <Fact name={<Trans>Labels</Trans>}>
            <span className="flex flex-wrap gap-1.5">
              {labels.map(label => (
                <Chip key={label}>{label}</Chip>
              ))}
            </span>
          </Fact>
        )}
        <Fact name={<Trans>Client ID</Trans>}>
          <Copied text={clientId} />
        </Fact>
        <Fact name={<Trans>Access Token URL</Trans>}>
          <Copied text={accessTokenUrl} />
        </Fact>
        <Fact name={<Trans>Issuer</Trans>}>
          {issuer ? <Copied text={issuer} /> : <Trans>None: the Access Token URL was typed in</Trans>}
        </Fact>
        <Fact name={<Trans>Secret Configuration</Trans>}>
          <Authentication authentication={connection.authentication} />
        </Fact>
        <Fact name={<Trans>Parameters</Trans>}>
          <Parameters parameters={connection.parameters} />
        </Fact>
        <Fact name={<Trans>Base URL</Trans>}>{baseUrl ? <Copied text={baseUrl} /> : <Trans>None</Trans>}</Fact>
        <Fact name={<Trans>Allowed hosts</Trans>}>
          {allowedHosts.length > 0 ? <Lines lines={allowedHosts} /> : <Trans>The base URL’s own host</Trans>}
        </Fact>
        {dpop && <Fact name={<Trans>Bound to a key (DPoP)</Trans>}>{dpop}</Fact>}
        <Fact name={<Trans>Token policy</Trans>}>
          <TokenPolicy policy={connection.tokenPolicy} />
        </Fact>
        <Fact name={<Trans>Created</Trans>}>
          <Time at={createdAt} exact="dateTime" />
        </Fact>
        <Fact name={<Trans>Changed</Trans>}>
          <Trans>
            <Time at={updatedAt} exact="dateTime" /> by {updatedBy.display ?? updatedBy.id}
          </Trans>
        </Fact>
      </Facts>
    </Panel>
  )
}

function Copied({ text }: { text: string }) {
  return (
    <span className="-my-1.5 flex items-center">
      <Mono className="min-w-0">{text}</Mono>
      <CopyButton text={text} />
    </span>
  )
}

function Lines({ lines }: { lines: string[] }) {
  return (
    <ul>
      {lines.map(line => (
        <li key={line}>
          <Mono>{line}</Mono>
        </li>
      ))}
    </ul>
  )
}

function Authentication({ authentication }: { authentication: ConnectionFactsFragment['authentication'] }) {
  const { i18n } = useLingui()
  const label = authentications[authentication.__typename]
  const name = label ? i18n._(label) : authentication.__typename
  if (authentication.__typename === 'PublicClientAuthentication') return name
  const algorithm =
    authentication.__typename === 'PrivateKeyJwtAuthentication'
      ? authentication.signingAlgorithm
      : authentication.__typename === 'ClientSecretJwtAuthentication'
        ? authentication.hmacAlgorithm
        : null
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      {name}
      {algorithm && <Chip>{algorithm}</Chip>}
      <Link
        to="/secrets"
        search={{ key: authentication.secretKey }}
        className="font-mono text-sm text-accent underline underline-offset-2"
      >
        {authentication.secretKey}
      </Link>
    </span>
  )
}

function Parameters({ parameters }: { parameters: ConnectionFactsFragment['parameters'] }) {
  const { t } = useLingui()
  if (parameters.length === 0) return <Trans>None</Trans>
  const places: Record<string, string> = { BODY: t`body`, QUERY: t`query`, HEADER: t`header` }
  return (
    <ul>
      {parameters.map(({ name, value, placement }) => (
        <li key={`${placement} ${name}`}>
          <Mono>
            {name}={value}
          </Mono>{' '}
          <span className="text-sm text-muted">{places[placement]}</span>
        </li>
      ))}
    </ul>
  )
}

function TokenPolicy({ policy }: { policy: ConnectionFactsFragment['tokenPolicy'] }) {
  const { i18n } = useLingui()
  const span = (text: string) => duration(i18n.locale, durationMs(text) ?? 0)
  const timeout = span(policy.requestTimeout)
  return (
    <ul className="text-muted">
      <li>
        {policy.cache ? (
          <Trans>A token is used until {span(policy.refreshSkew)} before it expires</Trans>
        ) : (
          <Trans>Each request has a token of its own</Trans>
        )}
      </li>
      {policy.defaultLifetime && (
        <li>
          <Trans>It lasts {span(policy.defaultLifetime)} where the issuer does not say</Trans>
        </li>
      )}
      <li>
        <Trans>An API refuses it with {policy.expiredStatusCodes.join(', ')}</Trans>
      </li>
      <li>
        <Plural
          value={policy.maxRetries}
          _0={`A token request may take ${timeout} and is not repeated`}
          one={`A token request may take ${timeout} and is repeated once`}
          other={`A token request may take ${timeout} and is repeated up to # times`}
        />
      </li>
    </ul>
  )
}
