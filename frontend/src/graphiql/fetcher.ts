// How GraphiQL's operations reach the server: subscriptions over the socket, the rest over HTTP, both with the session.
import type { Fetcher, FetcherParams } from '@graphiql/toolkit'
import { getOperationAST, parse } from 'graphql'
import { ApiError, post } from '@/api/request'
import { streamClient } from '@/api/stream'

// The types of the two libraries differ only in what `undefined` may stand for.
export const fetcher = ((params: FetcherParams) =>
  isSubscription(params) ? streamClient.iterate(params) : overHttp(params)) as Fetcher

async function overHttp(params: FetcherParams): Promise<unknown> {
  const response = await post('/graphql', params)
  const answer: unknown = await response.json().catch(() => null)
  // What was typed stays: the answer of a server that knows nobody says so, too.
  return answer ?? new ApiError(`HTTP_${response.status}`, response.statusText)
}

/**
 * Whether the text that is sent is a subscription. GraphiQL's own parsed document follows the editor with a delay: who pastes
 * and runs at once would run a subscription over HTTP.
 */
export function isSubscription({ query, operationName }: Pick<FetcherParams, 'query' | 'operationName'>): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription'
  } catch {
    // The server says what is wrong with it.
    return false
  }
}
