// The same as the pages do, for a terminal. The token is always `$TOKEN`: a page does not know it.

/** A `curl` of a GraphQL operation, to be copied into a POSIX shell. */
export function graphqlCommand(query: string, variables?: object): string {
  const body = JSON.stringify({ query: query.replace(/\s+/g, ' ').trim(), variables })
  return [
    `curl ${quote(`${window.location.origin}/graphql`)}`,
    `-H "Authorization: Bearer $TOKEN"`,
    `-H 'Content-Type: application/json'`,
    `--data ${quote(body)}`,
  ].join(' \\\n  ')
}

/** A word for a POSIX shell, whatever is in it. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

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
