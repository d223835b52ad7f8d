// GraphiQL with Latchkey's session: whoever is signed in there is signed in here. Bundled, because a page that may use the
// session must not run somebody else's script.
import 'graphiql/graphiql.css'
import './graphiql.css'
import type { Fetcher, FetcherParams } from '@graphiql/toolkit'
import { GraphiQL } from 'graphiql'
import { getOperationAST, parse } from 'graphql'
import { createRoot } from 'react-dom/client'
import { post } from '@/api/request'
import { streamClient } from '@/api/stream'

const welcome = `# Ctrl-Enter runs this.

query {
  viewer {
    permissions
  }
}
`

// The types of the two libraries differ only in what `undefined` may stand for.
const fetcher = ((params: FetcherParams) =>
  isSubscription(params) ? streamClient.iterate(params) : overHttp(params)) as Fetcher

async function overHttp(params: FetcherParams) {
  const response = await post('/graphql', params)
  if (response.status === 401) window.location.assign('/')
  return response.json()
}

// The text that is sent decides the transport. GraphiQL's own parsed document follows the editor with a delay: who pastes and
// runs at once would run a subscription over HTTP.
function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription'
  } catch {
    // The server says what is wrong with it.
    return false
  }
}

const place = document.getElementById('graphiql')
if (!place) throw new Error('graphiql/index.html has no #graphiql')
createRoot(place).render(
  <GraphiQL fetcher={fetcher} defaultQuery={welcome} shouldPersistHeaders={false} showPersistHeadersSettings={false} />,
)
