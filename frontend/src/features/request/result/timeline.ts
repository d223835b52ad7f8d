// The spans of an exchange on one axis, counted from the call.
import type { ExchangeTimelineFragment } from '@/gen/graphql'

type Attempt = ExchangeTimelineFragment['attempts'][number]

/** What happened between two moments. Parts lie within the attempt before them. */
export type Step = { startMs: number; durationMs: number } & (
  | { kind: 'queued' | 'token' | 'dns' | 'firstByte' | 'total' }
  | { kind: 'attempt'; attempt: Attempt }
)

/** The steps in the order of their beginning; the whole at the end. None while the exchange is under way. */
export function timeline({ startedAt, attempts, timings, token }: ExchangeTimelineFragment): Step[] {
  if (!timings) return []
  const { queuedMs, tokenMs, dnsMs, firstByteMs, totalMs } = timings
  const offset = (attempt: Attempt) => Math.max(0, momentMs(attempt.startedAt) - momentMs(startedAt))
  const first = attempts[0]
  const last = attempts.at(-1)
  const steps: Step[] = [{ kind: 'queued', startMs: 0, durationMs: queuedMs }]
  if (token || tokenMs > 0) {
    // After a rejection the time is a sum, of which only the first part lies before the first attempt.
    const room = first ? Math.max(0, offset(first) - queuedMs) : tokenMs
    steps.push({
      kind: 'token',
      startMs: queuedMs,
      durationMs: attempts.length > 1 ? Math.min(tokenMs, room) : tokenMs,
    })
  }
  for (const attempt of attempts) {
    const startMs = offset(attempt)
    steps.push({ kind: 'attempt', attempt, startMs, durationMs: attempt.durationMs })
    if (attempt !== last) continue
    if (dnsMs !== null) steps.push({ kind: 'dns', startMs, durationMs: dnsMs })
    if (firstByteMs !== null) steps.push({ kind: 'firstByte', startMs, durationMs: firstByteMs })
  }
  steps.push({ kind: 'total', startMs: 0, durationMs: totalMs })
  return steps
}

/** Milliseconds since 1970 with the fraction that `Date` drops. */
function momentMs(at: string): number {
  const fraction = /\.(\d+)/.exec(at)?.[1] ?? '0'
  return Date.parse(at.replace(/\.\d+/, '')) + Number(`0.${fraction}`) * 1_000
}
