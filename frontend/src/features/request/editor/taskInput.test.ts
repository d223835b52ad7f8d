import { describe, expect, it } from 'vitest'
import type { EditedTaskFragment } from '@/gen/graphql'
import { createInput, emptyTask, taskProblems, taskValues, updateInput } from './taskInput'

const task: EditedTaskFragment = {
  id: 'x',
  key: 'create-order',
  displayName: 'Create an order',
  endpoint: 'Orders',
  method: 'POST',
  target: 'https://api.example.com/orders',
  request: {
    url: 'https://api.example.com/orders?sig=••••',
    headers: [
      { name: 'X-Api-Key', value: '••••' },
      { name: 'Accept', value: '*/*' },
    ],
    query: [{ name: 'page', value: '{{page}}' }],
    body: '{"a":"{{a}}"}',
    form: [],
    bodyKind: 'JSON',
    variables: ['a', 'page'],
  },
  authorization: { type: 'CLIENT_CONNECTION', connectionKey: 'orders', parameterOverrides: [], forceNewToken: false },
  retryOnFailure: true,
  retryNonIdempotent: false,
  timeout: 'PT300S',
  followRedirects: false,
  clientCertificate: 'cert',
  clientCertificatePassword: 'cert-password',
  version: 3,
  createdAt: '2026-11-23T08:00:00Z',
  updatedAt: '2026-11-23T08:00:00Z',
}
const read = taskValues(task)

describe('a new task', () => {
  it('is sent whole', () => {
    const input = createInput({ ...read, key: ' create-order ', displayName: ' Create an order ' })
    expect(input).toEqual({
      key: 'create-order',
      displayName: 'Create an order',
      endpoint: 'Orders',
      method: 'POST',
      url: 'https://api.example.com/orders?sig=••••',
      query: [{ name: 'page', value: '{{page}}' }],
      headers: [
        { name: 'X-Api-Key', value: '••••' },
        { name: 'Accept', value: '*/*' },
      ],
      body: { json: { a: '{{a}}' } },
      authorization: { clientConnection: { key: 'orders', parameterOverrides: [], forceNewToken: false } },
      timeout: 'PT300S',
      followRedirects: false,
      retryOnFailure: true,
      retryNonIdempotent: false,
      clientCertificate: 'cert',
      clientCertificatePassword: 'cert-password',
    })
  })

  it('has null for what was left empty', () => {
    expect(createInput({ ...emptyTask(), key: 'a', displayName: 'A', url: 'https://a.example' })).toMatchObject({
      endpoint: null,
      query: null,
      headers: null,
      body: null,
      timeout: null,
      clientCertificate: null,
      clientCertificatePassword: null,
    })
  })
})

describe('a changed task', () => {
  it('is sent without anything when nothing has changed', () => {
    expect(updateInput(read, structuredClone(read), 3)).toEqual({ key: 'create-order', expectedVersion: 3 })
  })

  it('is not changed by space, laying out, or what is typed for a body that is not chosen', () => {
    const now = structuredClone(read)
    now.displayName += ' '
    now.headers.push({ name: '', value: '' })
    now.body.json = '{"a": "{{a}}"}'
    now.body.text = 'something else'
    expect(updateInput(read, now, 3)).toEqual({ key: 'create-order', expectedVersion: 3 })
  })

  it('has only what has changed', () => {
    expect(updateInput(read, { ...read, retryOnFailure: false, endpoint: '' }, 3)).toEqual({
      key: 'create-order',
      expectedVersion: 3,
      endpoint: null,
      retryOnFailure: false,
    })
  })

  it('has the whole list with its masked values when one value has changed', () => {
    const headers = [read.headers[0] ?? { name: '', value: '' }, { name: 'Accept', value: 'text/plain' }]
    expect(updateInput(read, { ...read, headers }, 3)).toEqual({
      key: 'create-order',
      expectedVersion: 3,
      headers: [
        { name: 'X-Api-Key', value: '••••' },
        { name: 'Accept', value: 'text/plain' },
      ],
    })
  })

  it('clears a list, a body, the certificate with its password', () => {
    const now = { ...read, query: [], body: { ...read.body, kind: 'none' as const }, clientCertificate: null }
    expect(updateInput(read, now, 3)).toEqual({
      key: 'create-order',
      expectedVersion: 3,
      query: null,
      body: null,
      clientCertificate: null,
      clientCertificatePassword: null,
    })
  })
})

describe('a task in the form', () => {
  it('has its body in the field of its kind', () => {
    expect(read.body).toMatchObject({ kind: 'json', json: '{\n  "a": "{{a}}"\n}', text: '' })
    const form = taskValues({
      ...task,
      request: task.request && { ...task.request, body: null, bodyKind: 'FORM', form: [{ name: 'b', value: '••••' }] },
    })
    expect(form.body).toMatchObject({ kind: 'form', form: [{ name: 'b', value: '••••' }] })
    expect(read.timeout).toBe('300')
  })

  it('can still be renamed by somebody who may not see the request', () => {
    expect(
      updateInput(
        taskValues({ ...task, request: null }),
        { ...taskValues({ ...task, request: null }), displayName: 'B' },
        3,
      ),
    ).toEqual({ key: 'create-order', expectedVersion: 3, displayName: 'B' })
  })
})

it('a new task may not have the Key that is the address of the page for a new one', () => {
  const values = {
    ...emptyTask(),
    key: ' new ',
    authorization: { ...emptyTask().authorization, type: 'NONE' as const },
  }
  expect(taskProblems(values, true)).toEqual([{ field: 'key', why: 'RESERVED_KEY', detail: ' new ' }])
  expect(taskProblems(values, false)).toEqual([])
  expect(taskProblems({ ...values, key: 'news' }, true)).toEqual([])
})
