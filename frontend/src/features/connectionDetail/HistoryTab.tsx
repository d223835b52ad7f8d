// How a connection became what it is: its versions, and what differs between two of them.
//
// The versions are in the hands of this component: a scrubber that goes through them has its place above the comparison.
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { Button } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { Compare } from './Compare'
import { historyQuery } from './queries'
import { Timeline } from './Timeline'
import { versionsOf } from './versions'

/** Two versions that are compared; null stands for the newest and the one before it. */
export type Compared = { from: number | null; to: number | null }

type HistoryTabProps = { connectionKey: string; compared: Compared; onCompare: (compared: Compared) => void }

/** The tab. */
export function HistoryTab({ connectionKey, compared, onCompare }: HistoryTabProps) {
  const { t } = useLingui()
  const query = useInfiniteQuery(historyQuery(connectionKey))
  const versions = useMemo(
    () => versionsOf((query.data?.pages ?? []).toReversed().flatMap(({ nodes }) => nodes)),
    [query.data],
  )
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query
  const oldest = versions[0]?.version ?? 0
  const isWanted = [compared.from, compared.to].some(version => version !== null && version < oldest)
  useEffect(() => {
    if (isWanted && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isWanted, hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <Loaded query={query} lines={12}>
      {() => (
        <div className="flex flex-col gap-4">
          {versions.length > 1 && <Compare versions={versions} compared={compared} onCompare={onCompare} />}
          <Panel title={<Trans>What happened</Trans>}>
            <Timeline label={t`What happened`} versions={versions.toReversed()} connectionKey={connectionKey} />
            {hasNextPage && (
              <Button pending={isFetchingNextPage} onClick={() => fetchNextPage()} className="mt-4">
                <Trans>Show older</Trans>
              </Button>
            )}
          </Panel>
        </div>
      )}
    </Loaded>
  )
}
