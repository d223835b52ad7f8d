// Parts of an event as they are shown in the table and in the drawer.
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { AuditRowFragment } from '@/gen/graphql'
import { actorTypes, outcomes } from '@/labels/audit'
import { eventTypes, targetTypes } from '@/labels/events'
import { Mono } from '@/ui/Code'
import { Status } from '@/ui/Status'

/** What happened, in words; the persisted name where there are none. */
export function EventName({ type }: { type: string }) {
  const { i18n } = useLingui()
  const label = eventTypes[type]
  return label ? i18n._(label) : <Mono>{type}</Mono>
}

const link = 'text-accent underline-offset-2 hover:underline'

type TargetProps = {
  target: AuditRowFragment['target']
  /** Only the end of an id, by which two of them are told apart. */
  short?: boolean
}

/** What it happened to, with the way there. */
export function TargetLink({ target, short }: TargetProps) {
  const { i18n } = useLingui()
  const kind = targetTypes[target.type]
  return (
    <>
      <span className="text-muted">{kind ? i18n._(kind) : target.type}</span>{' '}
      <TargetName target={target} short={short ?? false} />
    </>
  )
}

function TargetName({ target: { type, id, key }, short }: TargetProps) {
  const shown = key ?? (short ? `…${id.slice(-12)}` : id)
  const name = (
    <span className="font-mono text-sm" title={id}>
      {shown}
    </span>
  )
  if (type === 'exchange')
    return (
      <Link to="/requests/$id" params={{ id }} className={link}>
        {name}
      </Link>
    )
  if (key === null) return name
  if (type === 'connection' || type === 'token')
    return (
      <Link to="/connections/$key" params={{ key }} className={link}>
        {name}
      </Link>
    )
  if (type === 'secret')
    return (
      <Link to="/secrets" search={{ key }} className={link}>
        {name}
      </Link>
    )
  if (type === 'task')
    return (
      <Link to="/tasks/$key" params={{ key }} className={link}>
        {name}
      </Link>
    )
  return name
}

/** Who did it: the name as it was, unless it was erased. */
export function ActorName({ actor }: { actor: AuditRowFragment['actor'] }) {
  const { i18n } = useLingui()
  if (actor.display !== null) return actor.display
  if (actor.type === 'SYSTEM') return i18n._(actorTypes.SYSTEM)
  return (
    <span className="text-muted">
      <Mono>{actor.id}</Mono> <Trans>(name erased)</Trans>
    </span>
  )
}

/** Whether it came about. */
export function Outcome({ outcome }: { outcome: AuditRowFragment['outcome'] }) {
  const { i18n } = useLingui()
  const { label, tone } = outcomes[outcome]
  return <Status tone={tone}>{i18n._(label)}</Status>
}
