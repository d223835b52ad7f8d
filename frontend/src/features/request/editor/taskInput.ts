// From the editor's form to the inputs of `createHttpRequestTask` and `updateHttpRequestTask`, and from a task to the form.

import { secondsOf } from '@/api/duration'
import type { CreateHttpRequestTaskInput, EditedTaskFragment, UpdateHttpRequestTaskInput } from '@/gen/graphql'
import { isReserved } from '@/ui/forms/keyOf'
import { type Problem, problemsOf, type RequestInput, requestInput } from '../form/input'
import { type BodyKind, emptyRequest, type RequestValues } from '../form/values'
import { prettyJson } from '../json'

/** A task as the editor's form holds it. */
export type TaskValues = RequestValues & {
  key: string
  displayName: string
  endpoint: string
  clientCertificate: string | null
  clientCertificatePassword: string | null
}

/** A task of which nothing has been typed yet. */
export function emptyTask(): TaskValues {
  return {
    ...emptyRequest(),
    key: '',
    displayName: '',
    endpoint: '',
    clientCertificate: null,
    clientCertificatePassword: null,
  }
}

/** A stored task in the form. Its masked values stay masked: sent back, they mean what is stored. */
export function taskValues(task: EditedTaskFragment): TaskValues {
  const { key, displayName, method, request, authorization, followRedirects, retryOnFailure, retryNonIdempotent } = task
  const { parameterOverrides, forceNewToken } = authorization
  return {
    key,
    displayName,
    endpoint: task.endpoint ?? '',
    method,
    url: request?.url ?? task.target,
    query: request?.query.map(({ name, value }) => ({ name, value })) ?? [],
    headers: request?.headers.map(({ name, value }) => ({ name, value: value ?? '' })) ?? [],
    body: bodyValues(request),
    authorization: {
      type: authorization.type,
      key: authorization.connectionKey,
      parameterOverrides: parameterOverrides.map(({ name, value, placement }) => ({ name, value, placement })),
      forceNewToken,
    },
    timeout: secondsOf(task.timeout),
    followRedirects,
    retryOnFailure,
    retryNonIdempotent,
    clientCertificate: task.clientCertificate,
    clientCertificatePassword: task.clientCertificatePassword,
  }
}

function bodyValues(request: EditedTaskFragment['request']): TaskValues['body'] {
  const body = emptyRequest().body
  if (!request?.bodyKind) return body
  const text = request.body ?? ''
  const kind = request.bodyKind.toLowerCase() as BodyKind
  switch (request.bodyKind) {
    case 'TEXT':
      return { ...body, kind, text }
    case 'JSON':
      return { ...body, kind, json: prettyJson(text) ?? text }
    case 'FORM':
      return { ...body, kind, form: request.form.map(({ name, value }) => ({ name, value })) }
    case 'BASE64':
      return { ...body, kind, base64: text }
  }
}

/** Why a task can't be saved. Only a new one chooses its Key. */
export function taskProblems(values: TaskValues, isNew: boolean): Problem[] {
  const problems = problemsOf(values, true)
  if (!isNew || !isReserved(values.key)) return problems
  return [{ field: 'key', why: 'RESERVED_KEY', detail: values.key }, ...problems]
}

/** Everything of a new task. */
export function createInput(values: TaskValues): CreateHttpRequestTaskInput {
  return { key: values.key.trim(), ...parts(values) }
}

/** What has changed since the task was read, and nothing else. */
export function updateInput(before: TaskValues, now: TaskValues, expectedVersion: number): UpdateHttpRequestTaskInput {
  const [was, is] = [parts(before), parts(now)]
  const changed = Object.entries(is).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof Parts]),
  )
  return { key: before.key, expectedVersion, ...Object.fromEntries(changed) }
}

type Parts = RequestInput & {
  displayName: string
  endpoint: string | null
  clientCertificate: string | null
  clientCertificatePassword: string | null
}

function parts(values: TaskValues): Parts {
  const { clientCertificate } = values
  return {
    displayName: values.displayName.trim(),
    endpoint: values.endpoint.trim() || null,
    ...requestInput(values),
    clientCertificate,
    // It has no use without a certificate, and the server says so.
    clientCertificatePassword: clientCertificate === null ? null : values.clientCertificatePassword,
  }
}
