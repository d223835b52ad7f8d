// Starts GraphiQL on /graphql. The token lives in a variable of this script: it is never put into localStorage, a cookie or
// the URL, and a reload forgets it.
'use strict'
;(() => {
  const { React, ReactDOM, GraphiQL, graphqlWs } = window
  const place = document.getElementById('graphiql')
  if (!React || !ReactDOM || !GraphiQL || !graphqlWs) {
    place.className = 'not-built'
    place.textContent = 'This build of Latchkey has no GraphiQL inside. Run "make frontend" and build it again.'
    return
  }

  const form = document.getElementById('token-form')
  const field = document.getElementById('token')
  const state = document.getElementById('token-state')
  let token = ''
  let socket

  const authorization = () => (token === '' ? {} : { Authorization: `Bearer ${token}` })

  const socketUrl = new URL('/graphql', window.location.href)
  socketUrl.protocol = socketUrl.protocol.replace('http', 'ws')

  // A socket keeps the token it was opened with, so a new token needs a new socket.
  const connect = () => {
    socket?.dispose()
    socket = graphqlWs.createClient({ url: socketUrl.href, lazy: true, connectionParams: authorization })
  }

  const overHttp = async (params, headers) => {
    const answer = await fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json, application/json',
        ...authorization(),
        ...headers,
      },
      body: JSON.stringify(params),
    })
    const text = await answer.text()
    try {
      return JSON.parse(text)
    } catch {
      return { errors: [{ message: `The server answered ${answer.status} with something that is not JSON.` }] }
    }
  }

  // The text that is sent decides the transport. GraphiQL's own parsed document follows the editor with a delay: who
  // pastes and runs at once would run a subscription over HTTP.
  const isSubscription = ({ query, operationName }) => {
    try {
      return GraphiQL.GraphQL.getOperationAST(GraphiQL.GraphQL.parse(query), operationName)?.operation === 'subscription'
    } catch {
      // The server says what is wrong with it.
      return false
    }
  }

  const fetcher = (params, options) =>
    isSubscription(params) ? socket.iterate(params) : overHttp(params, options?.headers)

  const root = ReactDOM.createRoot(place)
  let generation = 0
  const show = () => {
    // A new key mounts GraphiQL anew, which asks for the schema again: what is visible depends on the token.
    generation += 1
    root.render(
      React.createElement(GraphiQL, {
        key: generation,
        fetcher,
        // GraphiQL would keep headers, and a token in them, in localStorage.
        shouldPersistHeaders: false,
        showPersistHeadersSettings: false,
        defaultQuery: '# Paste a token above, then press Ctrl-Enter to run.\n\nquery {\n  __typename\n}\n',
      }),
    )
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    token = field.value.trim()
    field.value = ''
    state.textContent =
      token === '' ? 'No token in use.' : "A token is in use. It is kept in this tab's memory only: a reload forgets it."
    connect()
    show()
  })

  connect()
  show()
})()
