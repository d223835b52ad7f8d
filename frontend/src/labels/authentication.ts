import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

/** AireGlu's *Secret Configuration*: what the ways of proving who the client is are called, by GraphQL type name. */
export const authentications: Record<string, MessageDescriptor> = {
  ClientSecretAuthentication: msg`Client Secret`,
  ClientSecretJwtAuthentication: msg`Client Secret JWT`,
  PrivateKeyJwtAuthentication: msg`Private Key JWT`,
  TlsClientAuthentication: msg`Client certificate (mTLS)`,
  PublicClientAuthentication: msg`None (public client)`,
}
