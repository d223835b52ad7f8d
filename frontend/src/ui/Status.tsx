// A state: a dot, and the word that says the same.
import type { ReactNode } from 'react'
import { classes } from './classes'

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'idle'

const dots: Record<Tone, string> = { ok: 'bg-ok', warn: 'bg-warn', bad: 'bg-bad', info: 'bg-info', idle: 'bg-idle' }
const chips: Record<Tone, string> = {
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  idle: 'bg-idle-soft text-idle',
}

/** Dot and word in a line of text or a table. */
export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <span aria-hidden className={classes('size-2 shrink-0 rounded-full forced-colors:border', dots[tone])} />
      {children}
    </span>
  )
}

/** A word on a coloured ground. */
export function Chip({ tone = 'idle', children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span
      title={title}
      className={classes(
        'inline-flex items-center gap-1 rounded-sm px-1.5 py-0.5 text-xs font-medium whitespace-nowrap forced-colors:border',
        chips[tone],
      )}
    >
      {children}
    </span>
  )
}
