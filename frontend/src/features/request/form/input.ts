// From a request's form to the parts of the API's inputs, and from the API's complaints back to the fields.

import { durationOf, isSeconds } from '@/api/duration'
import type { AuthorizationInput, HttpBodyInput } from '@/gen/graphql'
import { readJson } from '../json'
import type { Pair, RequestValues } from './values'
import { hasVariableOutsideQuotes } from './variables'

/** What is wrong with what was typed, before anybody is asked. `detail` is the part that is meant. */
export type Problem = {
  field: 'key' | 'authorization.key' | 'body.json' | 'timeout'
  why: 'RESERVED_KEY' | 'NO_CONNECTION' | 'INVALID_JSON' | 'INEXACT_NUMBER' | 'VARIABLE_OUTSIDE_QUOTES' | 'NO_DURATION'
  detail: string
}

/** What the inputs of `executeHttpRequest` and of tasks have in common. Nothing typed is null. */
export type RequestInput = {
  method: RequestValues['method']
  url: string
  query: Pair[] | null
  headers: Pair[] | null
  body: HttpBodyInput | null
  authorization: AuthorizationInput
  timeout: string | null
  followRedirects: boolean
  retryOnFailure: boolean
  retryNonIdempotent: boolean
}

/** Why the form can't be sent. `isTask`: it may hold variables. */
export function problemsOf({ authorization, body, timeout }: RequestValues, isTask: boolean): Problem[] {
  const problems: Problem[] = []
  if (authorization.type === 'CLIENT_CONNECTION' && authorization.key === null)
    problems.push({ field: 'authorization.key', why: 'NO_CONNECTION', detail: '' })
  const json = body.kind === 'json' ? readJson(body.json) : null
  if (json && !json.ok) {
    const why = isTask && hasVariableOutsideQuotes(body.json) ? 'VARIABLE_OUTSIDE_QUOTES' : json.why
    problems.push({ field: 'body.json', why, detail: json.detail })
  }
  if (timeout.trim() !== '' && !isSeconds(timeout))
    problems.push({ field: 'timeout', why: 'NO_DURATION', detail: timeout })
  return problems
}

/** The input of a form without problems. Rows without a name and a value are left out. */
export function requestInput(values: RequestValues): RequestInput {
  const { method, followRedirects, retryOnFailure, retryNonIdempotent } = values
  return {
    method,
    url: values.url.trim(),
    query: some(typed(values.query)),
    headers: some(typed(values.headers)),
    body: bodyInput(values.body),
    authorization: authorizationInput(values.authorization),
    timeout: durationOf(values.timeout),
    followRedirects,
    retryOnFailure,
    retryNonIdempotent: retryOnFailure && retryNonIdempotent,
  }
}

function bodyInput(body: RequestValues['body']): HttpBodyInput | null {
  switch (body.kind) {
    case 'none':
      return null
    case 'text':
      return { text: body.text }
    case 'json': {
      const json = readJson(body.json)
      return json.ok ? { json: json.value } : null
    }
    case 'form':
      return { form: typed(body.form) }
    case 'base64':
      return { base64: body.base64.replace(/\s+/g, '') }
  }
}

function authorizationInput({
  type,
  key,
  parameterOverrides,
  forceNewToken,
}: RequestValues['authorization']): AuthorizationInput {
  if (type === 'NONE' || key === null) return { none: true }
  return { clientConnection: { key, parameterOverrides: typed(parameterOverrides), forceNewToken } }
}

/** The rows in which something was typed. */
export function typed<P extends Pair>(rows: P[]): P[] {
  return rows.filter(isTyped)
}

function isTyped({ name, value }: Pair): boolean {
  return name !== '' || value !== ''
}

function some<T>(list: T[]): T[] | null {
  return list.length > 0 ? list : null
}

const LISTS: [prefix: string, rows: (values: RequestValues) => Pair[]][] = [
  ['query', values => values.query],
  ['headers', values => values.headers],
  ['body.form', values => values.body.form],
  ['authorization.parameterOverrides', values => values.authorization.parameterOverrides],
]

/**
 * The field of the form that a path of the API means (without `input`, joined by dots): rows that were left out of the
 * input count here.
 */
export function requestFieldOf(path: string, values: RequestValues): string {
  const field = path
    .replace(/^authorization\.clientConnection\./, 'authorization.')
    .replace(/^authorization\.none$/, 'authorization.type')
  if (field === 'body') return 'body.kind'
  for (const [prefix, rowsOf] of LISTS) {
    if (!field.startsWith(`${prefix}.`)) continue
    const [index = '', ...rest] = field.slice(prefix.length + 1).split('.')
    const sent = rowsOf(values).flatMap((row, at) => (isTyped(row) ? [at] : []))
    return [prefix, sent[Number(index)] ?? index, ...rest].join('.')
  }
  return field
}
