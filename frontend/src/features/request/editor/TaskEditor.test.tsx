import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import type { EditedTaskFragment } from '@/gen/graphql'
import { type Asked, answer } from '@/testing/server'
import { TestApp, testClient } from '@/testing/TestApp'
import { TaskEditor } from './TaskEditor'

const task: EditedTaskFragment = {
  id: 'x',
  key: 'list-orders',
  displayName: 'List orders',
  endpoint: null,
  method: 'GET',
  target: 'https://api.example.com/orders',
  request: {
    url: 'https://api.example.com/orders?of={{customer}}',
    headers: [{ name: 'X-Api-Key', value: '••••' }],
    query: [],
    body: null,
    form: [],
    bodyKind: null,
    variables: ['customer'],
  },
  authorization: { type: 'CLIENT_CONNECTION', connectionKey: 'orders', parameterOverrides: [], forceNewToken: false },
  retryOnFailure: false,
  retryNonIdempotent: false,
  timeout: 'PT30S',
  followRedirects: false,
  clientCertificate: null,
  clientCertificatePassword: null,
  version: 3,
  createdAt: '2026-11-23T08:00:00Z',
  updatedAt: '2026-11-23T08:00:00Z',
}
const permissions = ['edit:HttpRequestTask', 'execute:HttpRequest', 'delete:HttpRequestTask']
const viewer = { actor: { type: 'USER', id: 'a', display: null }, permissions }

function open(
  update: (variables: Record<string, unknown>) => unknown,
  run: () => unknown = () => null,
  { client = testClient(), onDeleted = async () => {}, may = permissions } = {},
): Asked[] {
  const asked = answer({
    'query Viewer': () => ({ viewer: { ...viewer, permissions: may } }),
    'mutation DeleteTask': () => ({ deleteHttpRequestTask: { deletedKey: task.key, userErrors: [] } }),
    'query TaskHistory': () => ({ httpRequestTask: { history: { nodes: [], pageInfo: { hasPreviousPage: false } } } }),
    'query TaskEndpoints': () => ({
      httpRequestTasks: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
    }),
    'query SecretNames': () => ({ secrets: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } }),
    'query PickedConnection': () => ({ connection: null }),
    'mutation UpdateTask': variables => ({ updateHttpRequestTask: update(variables) }),
    'mutation RunTask': () => ({ runHttpRequestTask: run() }),
  })
  render(
    <TaskEditor
      task={task}
      tab="request"
      onTab={() => {}}
      range="24h"
      onRange={() => {}}
      above={null}
      onCreated={() => {}}
      onDeleted={onDeleted}
    />,
    { wrapper: ({ children }) => <TestApp client={client}>{children}</TestApp> },
  )
  return asked
}

const inputs = (asked: Asked[], operation: string) =>
  asked.filter(asking => asking.operation === operation).map(({ variables }) => variables.input)

it("somebody else's change is told, and only what has changed is saved over it", async () => {
  const conflict = {
    __typename: 'VersionConflict',
    code: 'VERSION_CONFLICT',
    message: 'changed',
    path: ['expectedVersion'],
    currentVersion: 5,
  }
  let answers = 0
  const asked = open(() => {
    answers += 1
    if (answers === 1) return { task: null, userErrors: [conflict] }
    return { task: { ...task, endpoint: 'Orders', version: 6 }, userErrors: [] }
  })
  await userEvent.type(await screen.findByLabelText(/^Endpoint/), 'Orders')
  await userEvent.click(screen.getByRole('button', { name: 'Save task' }))
  expect(await screen.findByText(/it is at version 5/)).toBeTruthy()
  expect(screen.getByLabelText<HTMLInputElement>(/^Endpoint/).value).toBe('Orders')
  await userEvent.click(screen.getByRole('button', { name: 'Save mine over it' }))
  await screen.findByDisplayValue('Orders')
  expect(inputs(asked, 'mutation UpdateTask')).toEqual([
    { key: 'list-orders', expectedVersion: 3, endpoint: 'Orders' },
    { key: 'list-orders', expectedVersion: 5, endpoint: 'Orders' },
  ])
})

it('an error of another tab brings that tab to the front', async () => {
  open(() => null)
  await userEvent.click(await screen.findByRole('tab', { name: 'Authorisation' }))
  await userEvent.click(
    within(screen.getByRole('tabpanel', { name: 'Authorisation' })).getByRole('button', { name: 'Clear' }),
  )
  await userEvent.click(screen.getByRole('tab', { name: 'Request' }))
  await userEvent.click(screen.getByRole('button', { name: 'Save task' }))
  expect(await screen.findByText('Choose a connection, or the Auth Type None.')).toBeTruthy()
  expect(screen.getByRole('tab', { name: /Authorisation.*1 error/, selected: true })).toBeTruthy()
})

it('a run asks for each variable, and an error is at the one it is about', async () => {
  const missing = {
    __typename: 'InvalidInput',
    code: 'INVALID_VARIABLE',
    message: 'must be a string',
    path: ['input', 'variables', 'customer'],
  }
  const asked = open(
    () => null,
    () => ({ exchange: null, userErrors: [missing] }),
  )
  await userEvent.click(await screen.findByRole('button', { name: 'Run' }))
  const drawer = within(screen.getByRole('dialog', { name: 'Run List orders' }))
  await userEvent.type(drawer.getByRole('textbox', { name: 'customer' }), 'Ada')
  await userEvent.click(drawer.getByRole('button', { name: 'Run' }))
  expect(await drawer.findByText('must be a string')).toBeTruthy()
  expect(drawer.getByRole('textbox', { name: 'customer' }).getAttribute('aria-invalid')).toBe('true')
  expect(inputs(asked, 'mutation RunTask')).toEqual([{ key: 'list-orders', variables: { customer: 'Ada' } }])
})

it('variables are listed as they are typed', async () => {
  open(() => null)
  await userEvent.type(await screen.findByLabelText('URL'), '&page={{{{page}}')
  const variables = within(screen.getByRole('list', { name: 'Variables' }))
  expect(variables.getAllByRole('listitem').map(item => item.textContent)).toEqual(['customer', 'page'])
})

it('what is typed while a save is under way stays, and is the next change', async () => {
  let typeMeanwhile = () => {}
  const asked = open(() => {
    typeMeanwhile()
    return { task: { ...task, displayName: 'Orders', version: 4 }, userErrors: [] }
  })
  const name = await screen.findByLabelText(/^Display Name/)
  const endpoint = () => screen.getByLabelText<HTMLInputElement>(/^Endpoint/)
  fireEvent.change(name, { target: { value: ' Orders ' } })
  typeMeanwhile = () => fireEvent.change(endpoint(), { target: { value: 'Meanwhile' } })
  await userEvent.click(screen.getByRole('button', { name: 'Save task' }))
  await screen.findByDisplayValue('Orders')
  expect(endpoint().value).toBe('Meanwhile')
  typeMeanwhile = () => {}
  await userEvent.click(screen.getByRole('button', { name: 'Save task' }))
  await waitFor(() => expect(inputs(asked, 'mutation UpdateTask')).toHaveLength(2))
  expect(inputs(asked, 'mutation UpdateTask')[1]).toEqual({
    key: 'list-orders',
    expectedVersion: 4,
    endpoint: 'Meanwhile',
  })
})

it('a deleted task is forgotten when its page has been left, not before', async () => {
  const client = testClient()
  client.setQueryData(['task', task.key], task)
  let leave = () => {}
  const left = new Promise<void>(resolve => {
    leave = resolve
  })
  const onDeleted = vi.fn(() => left)
  open(
    () => null,
    () => null,
    { client, onDeleted },
  )
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }))
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }))
  await waitFor(() => expect(onDeleted).toHaveBeenCalled())
  expect(client.getQueryData(['task', task.key])).toBe(task)
  leave()
  await waitFor(() => expect(client.getQueryData(['task', task.key])).toBeUndefined())
})

it('keys do no more than buttons for one who lacks the permission', async () => {
  const asked = open(
    () => null,
    () => null,
    { may: [] },
  )
  await screen.findByRole('button', { name: 'Save task', description: /edit:HttpRequestTask/ })
  await userEvent.keyboard('{Control>}{Enter}{/Control}r')
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(inputs(asked, 'mutation UpdateTask')).toEqual([])
})
