// Events as a line of time, the newest on top.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { definitionFields } from '@/labels/definition'
import { eventTypes } from '@/labels/events'
import { classes } from '@/ui/classes'
import { Chip } from '@/ui/Status'
import { Time } from '@/ui/Time'
import type { Version } from './versions'

type TimelineProps = { label: string; versions: Version[]; connectionKey: string }

/** The versions with who made them, when and why. */
export function Timeline({ label, versions, connectionKey }: TimelineProps) {
  return (
    <ol aria-label={label} className="flex flex-col">
      {versions.map((version, index) => (
        <Entry
          key={version.version}
          version={version}
          connectionKey={connectionKey}
          isLast={index === versions.length - 1}
        />
      ))}
    </ol>
  )
}

const dots: Record<string, string> = {
  'connection.created.v1': 'border-ok',
  'connection.disabled.v1': 'border-idle',
  'connection.deleted.v1': 'border-bad',
}

type EntryProps = { version: Version; connectionKey: string; isLast: boolean }

function Entry({ version: { version, event, reason, changed }, connectionKey, isLast }: EntryProps) {
  const { i18n } = useLingui()
  const { type, actor, occurredAt, sequence } = event
  const words = eventTypes[type]
  // The names of the other events say themselves what has changed.
  const parts = type === 'connection.updated.v1' ? changed : []
  return (
    <li data-row className="relative flex gap-4 pb-5 last:pb-0">
      {!isLast && <span aria-hidden className="absolute start-[5px] top-4 bottom-[-4px] w-0.5 bg-line" />}
      <span
        aria-hidden
        className={classes('mt-1 size-3 shrink-0 rounded-full border-3 bg-surface', dots[type] ?? 'border-accent')}
      />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
          <span className="font-medium">{words ? i18n._(words) : type}</span>
          <span className="text-sm text-muted">
            <Trans>Version {version}</Trans>
          </span>
          <span className="text-sm text-muted sm:ms-auto">
            <Time at={occurredAt} exact="dateTime" />
          </span>
        </div>
        {parts.length > 0 && (
          <div className="mt-1 flex flex-wrap gap-1.5">
            {parts.map(name => {
              const field = definitionFields[name]
              return <Chip key={name}>{field ? i18n._(field) : name}</Chip>
            })}
          </div>
        )}
        {reason && <p className="mt-1 break-words">{reason}</p>}
        <div className="mt-0.5 flex flex-wrap gap-x-4 text-sm text-muted">
          <span>
            <Trans>by {actor.display ?? actor.id}</Trans>
          </span>
          {parts.length > 0 && (
            <Link
              to="/connections/$key/history"
              params={{ key: connectionKey }}
              search={{ from: version - 1, to: version }}
              replace
              className="text-accent underline underline-offset-2"
            >
              <Trans>Compare with the version before</Trans>
            </Link>
          )}
          <Link to="/audit" search={{ event: sequence }} className="text-accent underline underline-offset-2">
            <Trans>Event #{sequence}</Trans>
          </Link>
        </div>
      </div>
    </li>
  )
}
