import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { StepStatus } from '@/gen/enums'
import type { Tone } from '@/ui/Status'

/** How a step of a test ended, and how that looks. */
export const stepStatuses: Record<StepStatus, { label: MessageDescriptor; tone: Tone }> = {
  PASSED: { label: msg`Passed`, tone: 'ok' },
  WARNED: { label: msg`Passed with a warning`, tone: 'warn' },
  FAILED: { label: msg`Failed`, tone: 'bad' },
  SKIPPED: { label: msg`Skipped`, tone: 'idle' },
}
