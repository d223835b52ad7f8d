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
