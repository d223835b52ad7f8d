import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { AuthFailureReason, AuthPhase } from '@/gen/enums'

/** What a reason of an auth failure is called. OAuth's own codes keep their names: people search for them. */
export const failureReasons: Record<AuthFailureReason, MessageDescriptor> = {
  INVALID_CLIENT: msg({ message: 'invalid_client', comment: 'OAuth error code: do not translate' }),
  INVALID_SCOPE: msg({ message: 'invalid_scope', comment: 'OAuth error code: do not translate' }),
  INVALID_GRANT: msg({ message: 'invalid_grant', comment: 'OAuth error code: do not translate' }),
  INVALID_REQUEST: msg({ message: 'invalid_request', comment: 'OAuth error code: do not translate' }),
  UNAUTHORIZED_CLIENT: msg({ message: 'unauthorized_client', comment: 'OAuth error code: do not translate' }),
  UNSUPPORTED_GRANT_TYPE: msg({ message: 'unsupported_grant_type', comment: 'OAuth error code: do not translate' }),
  MALFORMED_RESPONSE: msg`Malformed answer`,
  SERVER_ERROR: msg`Server error`,
  RATE_LIMITED: msg`Rate limited`,
  TIMEOUT: msg`Timeout`,
  DNS: msg`No address`,
  CONNECT: msg`No connection`,
  TLS: msg`TLS`,
  SECRET_UNAVAILABLE: msg`Secret unavailable`,
  KEY_INVALID: msg`Key invalid`,
  EGRESS_DENIED: msg`Destination refused`,
  TOKEN_REJECTED: msg`Token rejected`,
  CONNECTION_DISABLED: msg`Connection disabled`,
  CIRCUIT_OPEN: msg`Held back`,
  CALLER_GONE: msg`Caller gone`,
}

/** What the places on the way to an authorised call are called. */
export const phases: Record<AuthPhase, MessageDescriptor> = {
  SECRET: msg`Secret`,
  ASSERTION: msg`Assertion`,
  DNS: msg`Address`,
  CONNECT: msg`Connect`,
  TLS: msg`TLS`,
  REQUEST: msg`Request`,
  RESPONSE: msg`Response`,
  TOKEN: msg`Token`,
  RESOURCE: msg`Protected API`,
}
