// A message within a page: what an action has led to, or what one should know.
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes'
import type { Tone } from './Status'

const looks: Record<Tone, string> = {
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  idle: 'bg-idle-soft text-idle',
}
const icons = { ok: CircleCheck, warn: TriangleAlert, bad: CircleAlert, info: Info, idle: Info }

/** A message. Bad ones are said at once, the rest politely. */
export function Notice({ tone, children, actions }: { tone: Tone; children: ReactNode; actions?: ReactNode }) {
  const Icon = icons[tone]
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      className={classes('flex flex-wrap items-start gap-x-3 gap-y-1 rounded-md px-3 py-2', looks[tone])}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1 basis-48 break-words text-ink">{children}</div>
      {actions}
    </div>
  )
}
