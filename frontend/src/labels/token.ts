import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { TokenSource } from '@/gen/enums'
import type { Tone } from '@/ui/Status'

/** Where a token came from, and how that looks. */
export const tokenSources: Record<TokenSource, { label: MessageDescriptor; tone: Tone }> = {
  CACHE: { label: msg`From the cache`, tone: 'ok' },
  FETCHED: { label: msg`Fetched`, tone: 'info' },
  REFRESHED_AFTER_REJECTION: { label: msg`Refreshed after a rejection`, tone: 'warn' },
  SHARED_IN_FLIGHT: { label: msg`Shared with another request`, tone: 'info' },
}
