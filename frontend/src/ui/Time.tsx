// Moments and spans, as the chosen language writes them.
import { useLingui } from '@lingui/react'
import { useEffect, useState } from 'react'
import { clockTime, dateTime, logTime, relativeTime } from '@/i18n/format'

const exactly = { dateTime, clock: clockTime, log: logTime }

/** A moment as "3 minutes ago", with the exact time as its title; or exactly, with `exact`. */
export function Time({ at, exact }: { at: string; exact?: keyof typeof exactly }) {
  const { i18n } = useLingui()
  const now = useNow(exact === undefined)
  const full = dateTime(i18n.locale, at)
  const shown = exact ? exactly[exact](i18n.locale, at) : relativeTime(i18n.locale, at, now)
  return (
    <time dateTime={at} title={full} className="whitespace-nowrap">
      {shown}
    </time>
  )
}

const TICK_MS = 15_000
const watchers = new Set<(now: number) => void>()
let ticker: ReturnType<typeof setInterval> | undefined

/** The time, renewed every quarter of a minute by one timer for the whole page. */
export function useNow(active = true): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!active) return
    watchers.add(setNow)
    ticker ??= setInterval(() => {
      for (const watcher of watchers) watcher(Date.now())
    }, TICK_MS)
    return () => {
      watchers.delete(setNow)
      if (watchers.size > 0) return
      clearInterval(ticker)
      ticker = undefined
    }
  }, [active])
  return now
}
