import { act, cleanup, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { type Asked, answer } from '@/testing/server'
import { TestApp, testClient } from '@/testing/TestApp'
import { RequestConsole } from './RequestConsole'

const demo = {
  key: 'demo',
  displayName: 'Demo API',
  state: 'AUTHORIZED',
  stateReason: null,
  baseUrl: 'https://api.example.com/v1',
  allowedHosts: [],
  parameters: [],
}
const viewer = { actor: { type: 'USER', id: 'a', display: null }, permissions: ['execute:HttpRequest'] }
const recorded = {
  __typename: 'HttpExchange',
  id: 'exchange-1',
  correlationId: 'c',
  connectionKey: 'demo',
  taskKey: null,
  startedAt: '2026-11-23T08:46:33.697168+00:00',
  attempts: [],
  token: { source: 'FETCHED', fingerprint: 'a1b2c3' },
  timings: { queuedMs: 1, tokenMs: 1, dnsMs: null, firstByteMs: null, totalMs: 9 },
  request: {
    method: 'POST',
    url: 'https://api.example.com/orders',
    headers: [{ name: 'x-tenant', value: null }],
    bodySize: 3,
  },
  outcome: {
    __typename: 'HttpResponse',
    status: 404,
    headers: [],
    body: {
      text: '<script>alert(1)</script>',
      base64: null,
      contentType: 'text/html',
      size: 25,
      truncated: false,
    },
    bodySize: 25,
    authFailure: null,
  },
  traceId: null,
  curl: 'curl -H "Authorization: Bearer $TOKEN"',
  replayed: false,
  positions: ['7'],
}

function serve(payload: unknown, more: Parameters<typeof answer>[0] = {}): Asked[] {
  return answer({
    'query Viewer': () => ({ viewer }),
    'query PickConnection': () => ({ connections: { nodes: [demo] } }),
    'query PickedConnection': () => ({ connection: demo }),
    'query RecentExchanges': () => ({
      httpExchanges: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
    }),
    'query Exchange': () => ({ httpExchange: recorded }),
    'mutation ExecuteRequest': () => ({ executeHttpRequest: payload }),
    ...more,
  })
}

function open(payload: unknown, from?: string, more: Parameters<typeof answer>[0] = {}): Asked[] {
  const asked = serve(payload, more)
  render(<RequestConsole connection={undefined} from={from} onFrom={() => {}} />, {
    wrapper: ({ children }) => <TestApp>{children}</TestApp>,
  })
  return asked
}

const url = () => screen.getByLabelText<HTMLInputElement>('URL')
const sent = (asked: Asked[]) => asked.filter(({ operation }) => operation === 'mutation ExecuteRequest')

it('a request that could not be loaded, or that is not there, is told', async () => {
  const fails = () => {
    throw new Error('no line')
  }
  open(null, 'exchange-1', { 'query Exchange': fails })
  expect(await screen.findByText(/no line|did not answer/)).toBeTruthy()
  cleanup()
  open(null, 'exchange-1', { 'query Exchange': () => ({ httpExchange: null }) })
  expect(await screen.findByText('The request that was to be sent again is not on record.')).toBeTruthy()
})

it('the answer for a request that is not wanted any more changes nothing', async () => {
  let answerLate: (exchange: unknown) => void = () => {}
  const late = new Promise(resolve => {
    answerLate = resolve
  })
  const of = (id: string) => ({
    ...recorded,
    id,
    request: { ...recorded.request, url: `https://api.example.com/${id}` },
  })
  const client = testClient()
  const fetchQuery = vi.spyOn(client, 'fetchQuery').mockImplementation(({ queryKey }) => {
    const id = String(queryKey.at(-1))
    return (id === 'slow' ? late : Promise.resolve(of(id))) as never
  })
  serve(null)
  const page = (from: string) => (
    <TestApp client={client}>
      <RequestConsole connection={undefined} from={from} onFrom={() => {}} />
    </TestApp>
  )
  const { rerender } = render(page('slow'))
  await waitFor(() => expect(fetchQuery).toHaveBeenCalledTimes(1))
  rerender(page('quick'))
  await waitFor(() => expect(url().value).toBe('https://api.example.com/quick'))
  await act(async () => {
    answerLate(of('slow'))
    await late
  })
  expect(fetchQuery).toHaveBeenCalledTimes(2)
  expect(url().value).toBe('https://api.example.com/quick')
})

it('the only connection is chosen, the URL starts with its base URL, and the answer is shown as text', async () => {
  const asked = open({ exchange: recorded, userErrors: [] })
  await waitFor(() => expect(url().value).toBe('https://api.example.com/v1'))
  await userEvent.type(url(), '/orders')
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  const result = within(await screen.findByRole('region', { name: 'Result' }))
  expect(await result.findByText('404 Not Found')).toBeTruthy()
  expect(result.getByText('<script>alert(1)</script>')).toBeTruthy()
  expect(sent(asked)[0]?.variables).toMatchObject({
    input: {
      method: 'GET',
      url: 'https://api.example.com/v1/orders',
      authorization: { clientConnection: { key: 'demo', parameterOverrides: [], forceNewToken: false } },
    },
  })
})

it('an error is shown at its field, its tab comes to the front, and nothing typed is lost', async () => {
  open({
    exchange: null,
    userErrors: [
      {
        __typename: 'InvalidInput',
        code: 'RESERVED',
        message: 'host is set by Latchkey itself',
        path: ['input', 'headers', '0', 'name'],
      },
    ],
  })
  await waitFor(() => expect(url().value).not.toBe(''))
  await userEvent.click(screen.getByRole('tab', { name: 'Headers' }))
  const headers = within(screen.getByRole('tabpanel', { name: 'Headers' }))
  await userEvent.click(headers.getByRole('button', { name: 'Add a header' }))
  await userEvent.click(headers.getByRole('button', { name: 'Add a header' }))
  // The first row is left empty: it is not sent, and does not count.
  await userEvent.type(headers.getAllByLabelText('Name')[1] as HTMLElement, 'Host')
  await userEvent.click(screen.getByRole('tab', { name: 'Query' }))
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  expect(await screen.findByText('host is set by Latchkey itself')).toBeTruthy()
  expect(screen.getByRole('tab', { name: /Headers.*1 error/, selected: true })).toBeTruthy()
  const field = headers.getAllByLabelText<HTMLInputElement>('Name')[1]
  expect(field?.value).toBe('Host')
  expect(field?.getAttribute('aria-invalid')).toBe('true')
  expect(document.activeElement).toBe(field)
})

it('a refused host is told with its rule', async () => {
  open({
    exchange: null,
    userErrors: [
      {
        __typename: 'EgressDenied',
        code: 'HOST_NOT_ALLOWED',
        message: 'not there',
        path: ['url'],
        host: 'evil.example',
        rule: 'allowedHosts',
      },
    ],
  })
  await waitFor(() => expect(url().value).not.toBe(''))
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  expect(await screen.findByText('not there (host evil.example, rule: allowedHosts)')).toBeTruthy()
})

it('a body that is no JSON is not sent', async () => {
  const asked = open(null)
  await waitFor(() => expect(url().value).not.toBe(''))
  await userEvent.click(screen.getByRole('tab', { name: 'Body' }))
  await userEvent.click(screen.getByRole('radio', { name: 'JSON' }))
  await userEvent.type(screen.getByRole('textbox', { name: 'JSON' }), '{{"a":')
  await userEvent.click(screen.getByRole('tab', { name: 'Query' }))
  await userEvent.click(screen.getByRole('button', { name: 'Send' }))
  expect(await screen.findByText(/This is not JSON/)).toBeTruthy()
  expect(screen.getByRole('tab', { name: /Body.*1 error/, selected: true })).toBeTruthy()
  expect(sent(asked)).toEqual([])
})

it('a recorded request fills the form and says what it does not have', async () => {
  open(null, 'exchange-1')
  await waitFor(() => expect(url().value).toBe('https://api.example.com/orders'))
  expect(screen.getByLabelText<HTMLSelectElement>('Method').value).toBe('POST')
  expect(screen.getByText(/Recorded requests have no query/)).toBeTruthy()
})
