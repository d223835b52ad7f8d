// How a connection is used from a terminal.
import { graphqlCommand, quote } from '@/api/command'

type Use = { key: string; url: string }

/** A request by GraphQL. */
export function executeCommand({ key, url }: Use): string {
  return graphqlCommand(
    `mutation ($input: ExecuteHttpRequestInput!) {
      executeHttpRequest(input: $input) {
        exchange { outcome { __typename ... on HttpResponse { status body { text } } ... on AuthFailure { message } } }
        userErrors { message }
      }
    }`,
    { input: { url, authorization: { clientConnection: { key } } } },
  )
}

/** A request by the forward route, whose paths are relative to the base URL. */
export function forwardCommand(key: string): string {
  return `curl ${quote(`${window.location.origin}/forward/${key}/`)} \\\n  -H "Authorization: Bearer $TOKEN"`
}

type Places = { baseUrl?: string | null; allowedHosts: string[]; accessTokenUrl: string }

/** An address that the connection's token may be sent to; null when there is none. */
export function exampleUrl({ baseUrl, allowedHosts, accessTokenUrl }: Places): string | null {
  if (baseUrl) return baseUrl
  const [first] = allowedHosts
  if (first === undefined) return null
  // Only an operator's own exception lets a token travel by http, and then to the host that also issues it.
  const issuer = new URL(accessTokenUrl)
  const scheme = issuer.host === first ? issuer.protocol : 'https:'
  return `${scheme}//${first.replace(/^\*\./, 'api.')}/`
}
