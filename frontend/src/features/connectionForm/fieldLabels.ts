import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

/** What fields are called where they are spoken of without their controls. */
export const fieldLabels: Readonly<Record<string, MessageDescriptor>> = {
  key: msg`Key`,
  displayName: msg`Display Name`,
  clientId: msg`Client ID`,
  endpoint: msg`Where tokens come from`,
  accessTokenUrl: msg`Access Token URL`,
  issuer: msg`Issuer`,
  parameters: msg`Additional parameters`,
  allowedHosts: msg`Allowed hosts`,
  baseUrl: msg`Base URL`,
  dpop: msg`DPoP`,
  labels: msg`Labels`,
  description: msg`Description`,
  authentication: msg`Secret Configuration`,
  tokenPolicy: msg`Token policy`,
  responseMapping: msg`Response mapping`,
}

/** The label of a field or, within a group, of its group. */
export function fieldLabel(path: string): MessageDescriptor | undefined {
  return fieldLabels[path] ?? fieldLabels[path.split('.')[0] ?? '']
}
