// One event, with all it says.
import { useLingui } from '@lingui/react/macro'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronUp } from 'lucide-react'
import { IconButton } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Loaded } from '@/ui/States'
import { useShortcuts } from '@/ui/shortcuts'
import { EventName } from './Event'
import { EventView } from './EventView'
import type { Neighbours } from './pages'
import { eventQuery } from './useAuditEvents'

type EventDrawerProps = {
  position: number
  /** The events next to it, in the log or in what was found. */
  neighbours: Neighbours
  onShow: (position: number) => void
  onClose: () => void
}

/** The drawer of an event. `[` and `]` go to the rows above and below it, as in every drawer. */
export function EventDrawer({ position, neighbours: { older, newer }, onShow, onClose }: EventDrawerProps) {
  const { t } = useLingui()
  const event = useQuery({ ...eventQuery(String(position)), placeholderData: keepPreviousData })
  const go = (to: number | undefined) => to !== undefined && onShow(to)
  useShortcuts({ '[': () => go(newer), ']': () => go(older) })
  return (
    <Dialog
      shape="drawer"
      onClose={onClose}
      title={
        <>
          {event.data && <EventName type={event.data.node.type} />} <span className="text-muted">#{position}</span>
        </>
      }
      actions={
        <>
          <IconButton label={t`Newer event`} disabled={newer === undefined} onClick={() => go(newer)}>
            <ChevronUp aria-hidden className="size-4" />
          </IconButton>
          <IconButton label={t`Older event`} disabled={older === undefined} onClick={() => go(older)}>
            <ChevronDown aria-hidden className="size-4" />
          </IconButton>
        </>
      }
    >
      <Loaded query={event} lines={14}>
        {({ cursor, node }) => <EventView event={node} cursor={cursor} />}
      </Loaded>
    </Dialog>
  )
}
