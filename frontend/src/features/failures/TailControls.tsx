// What can be done with a tail, and where it is.
import { Plural, Trans } from '@lingui/react/macro'
import { CirclePause, Eraser, Play, Radio, Square } from 'lucide-react'
import { Button } from '@/ui/Button'
import { Chip, Status } from '@/ui/Status'
import { StreamState } from '@/ui/StreamState'
import { Time } from '@/ui/Time'
import type { FailureTail } from './useFailureTail'

/** Live, Pause, Resume, Clear and Stop: those that mean something now. */
export function TailButtons({ view }: { view: FailureTail }) {
  const { tail, stream } = view
  const icon = 'size-4'
  return (
    <>
      {/* One button in one place, so that the focus stays on it. */}
      {stream === null ? (
        <Button look="primary" icon={<Radio aria-hidden className={icon} />} onClick={view.goLive}>
          <Trans>Live</Trans>
        </Button>
      ) : tail.paused ? (
        <Button look="primary" icon={<Play aria-hidden className={icon} />} onClick={view.resume}>
          <Trans>Resume</Trans>
        </Button>
      ) : (
        <Button icon={<CirclePause aria-hidden className={icon} />} onClick={view.pause}>
          <Trans>Pause</Trans>
        </Button>
      )}
      <Button
        icon={<Eraser aria-hidden className={icon} />}
        disabled={tail.count === 0 && tail.held.length === 0}
        onClick={view.clear}
      >
        <Trans>Clear</Trans>
      </Button>
      <Button icon={<Square aria-hidden className={icon} />} disabled={stream === null} onClick={view.stop}>
        <Trans>Stop</Trans>
      </Button>
    </>
  )
}

/** Whether it is live, paused or stopped; since when; and how many are held back. */
export function TailState({ view }: { view: FailureTail }) {
  const { tail, stream } = view
  const since = new Date(view.since).toISOString()
  const held = tail.held.length
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      {stream === null ? (
        <Status tone="idle">
          <span>
            <Trans>
              Stopped at <Time at={since} exact="clock" />
            </Trans>
          </span>
        </Status>
      ) : tail.paused && stream.phase === 'live' ? (
        <Status tone="info">
          <span>
            <Trans>
              Paused at <Time at={since} exact="clock" />
            </Trans>
          </span>
        </Status>
      ) : (
        <StreamState status={stream} position={tail.newest} />
      )}
      {tail.paused && (
        <Chip tone={held > 0 ? 'info' : 'idle'}>
          <Plural value={held} one="# new" other="# new" />
        </Chip>
      )}
    </div>
  )
}
