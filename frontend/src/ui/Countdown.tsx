// How long it is until something happens, second by second.
import { useLingui } from '@lingui/react'
import { useEffect, useEffectEvent, useState } from 'react'
import { remaining } from '@/i18n/format'

/** The time that is left; nothing once there is none. `onEnd` is called when it runs out before one's eyes. */
export function Countdown({ to, onEnd }: { to: string; onEnd?: () => void }) {
  const { i18n } = useLingui()
  const end = new Date(to).getTime()
  const [now, setNow] = useState(() => Date.now())
  const ended = useEffectEvent(() => onEnd?.())
  useEffect(() => {
    if (end <= Date.now()) return
    const timer = setInterval(() => {
      setNow(Date.now())
      if (end > Date.now()) return
      clearInterval(timer)
      ended()
    }, 1_000)
    return () => clearInterval(timer)
  }, [end])
  const left = end - now
  if (left <= 0) return null
  return (
    // The words change every second: they are not for being read out each time.
    <time dateTime={to} aria-live="off" className="whitespace-nowrap">
      {remaining(i18n.locale, left)}
    </time>
  )
}
