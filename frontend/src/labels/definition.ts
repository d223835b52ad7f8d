import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

/** What the parts of a connection's definition are called, by their names in the log (docs/event-format.md). */
export const definitionFields: Record<string, MessageDescriptor> = {
  enabled: msg`Enabled`,
  display_name: msg`Display Name`,
  description: msg`Description`,
  labels: msg`Labels`,
  client_id: msg`Client ID`,
  access_token_url: msg`Access Token URL`,
  authentication: msg`Secret Configuration`,
  parameters: msg`Parameters`,
  token_policy: msg`Token policy`,
  allowed_hosts: msg`Allowed hosts`,
  base_url: msg`Base URL`,
  discovery: msg`Issuer`,
  dpop: msg`Bound to a key (DPoP)`,
  response_mapping: msg`Response mapping`,
}
