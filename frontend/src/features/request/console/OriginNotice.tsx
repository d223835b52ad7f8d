import { Trans } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { ExchangeDetailsFragment } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { Time } from '@/ui/Time'

/** Where the form was filled from. `replaced`: something else had been typed, which can be put back. */
export type Origin = { exchange: ExchangeDetailsFragment; replaced: boolean }

/** Says what the record of a request does not have. */
export function OriginNotice({ origin: { exchange, replaced }, onPutBack }: { origin: Origin; onPutBack: () => void }) {
  const { taskKey, startedAt } = exchange
  return (
    <Notice
      tone="info"
      actions={
        replaced && (
          <Button onClick={onPutBack}>
            <Trans>Put back what was typed</Trans>
          </Button>
        )
      }
    >
      <p>
        <Trans>
          Filled from the request of <Time at={startedAt} exact="dateTime" />. Recorded requests have no query, no
          values of headers, no body and no overrides: type in again what it needs.
        </Trans>
      </p>
      {taskKey && (
        <p>
          <Trans>
            It was a run of the task{' '}
            <Link to="/tasks/$key" params={{ key: taskKey }} className="text-accent underline">
              {taskKey}
            </Link>
            , which has all of that.
          </Trans>
        </p>
      )}
    </Notice>
  )
}
