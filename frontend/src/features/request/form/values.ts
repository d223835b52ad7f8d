// What the fields of a request's form hold. The console's form and the task editor's have these fields and some more.
import type { AuthType, HttpMethod, ParameterPlacement } from '@/gen/enums'

/** A name and a value, as typed. */
export type Pair = { name: string; value: string }

/** A parameter of the token request that stands over the connection's own. */
export type Override = Pair & { placement: ParameterPlacement }

/** How a body is given. */
export type BodyKind = 'none' | 'text' | 'json' | 'form' | 'base64'

/** A request. Each kind of body keeps what was typed for it while another is chosen. */
export type RequestValues = {
  method: HttpMethod
  url: string
  query: Pair[]
  headers: Pair[]
  body: { kind: BodyKind; text: string; json: string; form: Pair[]; base64: string }
  authorization: { type: AuthType; key: string | null; parameterOverrides: Override[]; forceNewToken: boolean }
  /** Seconds; empty for the default. */
  timeout: string
  followRedirects: boolean
  retryOnFailure: boolean
  retryNonIdempotent: boolean
}

/** Every method, the most used first. */
export const methods: HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE']

/** A request with nothing typed. */
export function emptyRequest(): RequestValues {
  return {
    method: 'GET',
    url: '',
    query: [],
    headers: [],
    body: { kind: 'none', text: '', json: '', form: [], base64: '' },
    authorization: { type: 'CLIENT_CONNECTION', key: null, parameterOverrides: [], forceNewToken: false },
    timeout: '',
    followRedirects: false,
    retryOnFailure: false,
    retryNonIdempotent: false,
  }
}
