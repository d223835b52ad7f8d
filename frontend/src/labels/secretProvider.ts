import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { SecretProvider } from '@/gen/enums'

/** Where a secret's value is kept. */
export const secretProviders: Record<SecretProvider, MessageDescriptor> = {
  DATABASE: msg`Database`,
}
