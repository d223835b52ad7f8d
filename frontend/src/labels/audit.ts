import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { ActorType, AuditOutcome } from '@/gen/enums'
import type { Tone } from '@/ui/Status'

/** Whether what was tried came about, and how that looks. */
export const outcomes: Record<AuditOutcome, { label: MessageDescriptor; tone: Tone }> = {
  SUCCESS: { label: msg`Success`, tone: 'ok' },
  FAILURE: { label: msg`Failure`, tone: 'bad' },
  UNKNOWN: { label: msg`Unknown`, tone: 'warn' },
}

/** What kinds of somebody there are. */
export const actorTypes: Record<ActorType, MessageDescriptor> = {
  USER: msg`Person`,
  SERVICE: msg`Service`,
  CLI: msg`Command line`,
  SYSTEM: msg`Latchkey itself`,
}
