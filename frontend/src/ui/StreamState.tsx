// Where a live stream is: live, lost since when, resumed where.
import { Trans } from '@lingui/react/macro'
import type { StreamStatus } from '@/api/stream'
import { Status } from './Status'
import { Time } from './Time'

/** One line about a stream. `position` is the place in the log of the last entry that came, without the sign. */
export function StreamState({ status, position }: { status: StreamStatus; position: string | null }) {
  const since = new Date(status.since).toISOString()
  switch (status.phase) {
    case 'connecting':
      return (
        <Status tone="idle">
          <Trans>Connecting</Trans>
        </Status>
      )
    case 'lost':
      return (
        <Status tone="warn">
          <span className="whitespace-normal">
            <Trans>
              Connection lost at <Time at={since} exact="clock" />; nothing will be missed
            </Trans>
          </span>
        </Status>
      )
    case 'refused':
      return (
        <Status tone="bad">
          <span className="whitespace-normal">{status.message}</span>
        </Status>
      )
    case 'live':
      return (
        <Status tone="ok">
          {status.resumed && position !== null ? (
            <Trans>Live, resumed at #{position}</Trans>
          ) : status.resumed ? (
            <Trans>Live again, nothing was missed</Trans>
          ) : (
            <Trans>Live</Trans>
          )}
        </Status>
      )
  }
}
