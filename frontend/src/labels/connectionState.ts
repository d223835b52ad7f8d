import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { ConnectionState } from '@/gen/enums'
import type { Tone } from '@/ui/Status'

/** What a connection's state is called, and how it looks. */
export const connectionStates: Record<ConnectionState, { label: MessageDescriptor; tone: Tone }> = {
  UNTESTED: { label: msg`Untested`, tone: 'idle' },
  AUTHORIZED: { label: msg`Authorised`, tone: 'ok' },
  DEGRADED: { label: msg`Degraded`, tone: 'warn' },
  FAILING: { label: msg`Failing`, tone: 'bad' },
  SECRET_UNAVAILABLE: { label: msg`Secret unavailable`, tone: 'bad' },
  DISABLED: { label: msg`Disabled`, tone: 'idle' },
}
