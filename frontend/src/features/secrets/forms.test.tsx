import { render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { SecretDetailFragment } from '@/gen/graphql'
import { answer } from '@/testing/server'
import { TestApp, testClient } from '@/testing/TestApp'
import { CreateSecret } from './CreateSecret'
import { DeleteSecret } from './DeleteSecret'
import { RotateSecret } from './RotateSecret'

const secret: SecretDetailFragment = {
  key: 'billing-secret',
  displayName: 'Billing API',
  provider: 'DATABASE',
  fingerprint: 'a87f47ef1628',
  version: 3,
  createdAt: '2026-11-23T08:00:00Z',
  rotatedAt: null,
  expiresAt: null,
  previous: null,
  warnings: [],
  usedBy: { totalCount: 0, nodes: [] },
  usedByTasks: { totalCount: 0, nodes: [] },
}
const error = (code: string, path: string[], message: string, __typename = 'InvalidInput') => ({
  __typename,
  code,
  path,
  message,
})
const mutationsHold = (client: ReturnType<typeof testClient>, text: string) =>
  JSON.stringify(
    client
      .getMutationCache()
      .getAll()
      .map(({ state }) => state),
  ).includes(text)

describe('CreateSecret', () => {
  it('sends the value once and keeps it nowhere', async () => {
    const client = testClient()
    const created = vi.fn()
    const asked = answer({
      'mutation CreateSecret': () => ({ createSecret: { secret: { key: 'billing-api' }, userErrors: [] } }),
    })
    const { container } = render(<CreateSecret onCreated={created} onClose={() => {}} />, {
      wrapper: ({ children }) => <TestApp client={client}>{children}</TestApp>,
    })
    await userEvent.type(screen.getByLabelText('Display Name'), 'Billing API')
    const value = screen.getByLabelText<HTMLInputElement>('Value')
    await userEvent.type(value, 't0p-s3cret')
    await userEvent.click(screen.getByRole('button', { name: 'Store secret' }))
    await waitFor(() => expect(created).toHaveBeenCalledWith('billing-api'))
    expect(asked.map(({ variables }) => variables)).toEqual([
      { input: { key: 'billing-api', displayName: 'Billing API', source: { value: 't0p-s3cret' } } },
    ])
    expect(value.value).toBe('')
    expect(container.innerHTML).not.toContain('t0p-s3cret')
    expect(mutationsHold(client, 't0p-s3cret')).toBe(false)
  })

  it('makes the Key of the name until somebody types another', async () => {
    answer({})
    render(<CreateSecret onCreated={() => {}} onClose={() => {}} />, { wrapper: TestApp })
    const [name, key] = [screen.getByLabelText('Display Name'), screen.getByLabelText<HTMLInputElement>('Key')]
    await userEvent.type(name, 'Größe (EU)')
    expect(key.value).toBe('grosse-eu')
    await userEvent.clear(key)
    await userEvent.type(key, 'size')
    await userEvent.type(name, ' 2')
    expect(key.value).toBe('size')
  })

  it('says at each field what the server refuses, and keeps the value to be mended', async () => {
    answer({
      'mutation CreateSecret': () => ({
        createSecret: {
          secret: null,
          userErrors: [
            error('KEY_TAKEN', ['key'], 'this Key is taken', 'KeyTaken'),
            error('SURROUNDING_SPACE', ['source', 'value'], 'ends with a space'),
            error('OTHER', [], 'something else'),
          ],
        },
      }),
    })
    render(<CreateSecret onCreated={() => {}} onClose={() => {}} />, { wrapper: TestApp })
    await userEvent.type(screen.getByLabelText('Value'), 'x ')
    await userEvent.click(screen.getByRole('button', { name: 'Store secret' }))
    await screen.findByText('this Key is taken')
    expect(screen.getByLabelText('Key').getAttribute('aria-invalid')).toBe('true')
    expect(screen.getByLabelText<HTMLInputElement>('Value').value).toBe('x ')
    expect(screen.getByText('ends with a space')).toBeTruthy()
    expect(screen.getByRole('alert').textContent).toBe('something else')
  })
})

describe('RotateSecret', () => {
  it('sends version, overlap and reason', async () => {
    const done = vi.fn()
    const asked = answer({ 'mutation RotateSecret': () => ({ rotateSecret: { secret, userErrors: [] } }) })
    render(<RotateSecret secret={secret} onDone={done} />, { wrapper: TestApp })
    await userEvent.type(screen.getByLabelText('New value'), 'n3w')
    await userEvent.selectOptions(screen.getByLabelText('Overlap'), '7 days')
    await userEvent.type(screen.getByLabelText(/^Reason/), 'leaked')
    await userEvent.click(screen.getByRole('button', { name: 'Rotate' }))
    await waitFor(() => expect(done).toHaveBeenCalled())
    expect(asked[0]?.variables).toEqual({
      input: { key: 'billing-secret', expectedVersion: 3, source: { value: 'n3w' }, overlap: 'P7D', reason: 'leaked' },
    })
  })

  it('does not ask the server for an overlap that is no number', async () => {
    const asked = answer({})
    render(<RotateSecret secret={secret} onDone={() => {}} />, { wrapper: TestApp })
    await userEvent.selectOptions(screen.getByLabelText('Overlap'), 'Other…')
    await userEvent.type(screen.getByLabelText('Number'), 'soon')
    await userEvent.click(screen.getByRole('button', { name: 'Rotate' }))
    expect(screen.getByText('Give a whole number.')).toBeTruthy()
    expect(asked).toEqual([])
  })

  it('says that somebody was faster, and keeps the new value', async () => {
    const conflict = error('VERSION_CONFLICT', ['expectedVersion'], 'the secret is at version 4', 'VersionConflict')
    answer({ 'mutation RotateSecret': () => ({ rotateSecret: { secret: null, userErrors: [conflict] } }) })
    render(<RotateSecret secret={secret} onDone={() => {}} />, { wrapper: TestApp })
    await userEvent.type(screen.getByLabelText('New value'), 'n3w')
    await userEvent.click(screen.getByRole('button', { name: 'Rotate' }))
    expect((await screen.findByRole('alert')).textContent).toBe('the secret is at version 4')
    expect(screen.getByLabelText<HTMLInputElement>('New value').value).toBe('n3w')
  })
})

describe('DeleteSecret', () => {
  it('wants the Key typed before it asks the server', async () => {
    const gone = vi.fn()
    const asked = answer({
      'mutation DeleteSecret': () => ({ deleteSecret: { deletedKey: 'billing-secret', userErrors: [] } }),
    })
    render(<DeleteSecret secret={secret} onClose={() => {}} onGone={gone} />, { wrapper: TestApp })
    const key = screen.getByLabelText(/to confirm/)
    await userEvent.type(key, 'billing')
    await userEvent.click(screen.getByRole('button', { name: 'Delete secret' }))
    expect(screen.getByText('This is not its Key.')).toBeTruthy()
    expect(asked).toEqual([])
    await userEvent.type(key, '-secret{Enter}')
    await waitFor(() => expect(gone).toHaveBeenCalled())
    expect(asked[0]?.variables).toEqual({ input: { key: 'billing-secret', expectedVersion: 3 } })
  })

  it('shows what uses it instead of asking', () => {
    const used = { ...secret, usedBy: { totalCount: 1, nodes: [{ key: 'billing', displayName: 'Billing' }] } }
    render(<DeleteSecret secret={used} onClose={() => {}} onGone={() => {}} />, { wrapper: TestApp })
    expect(screen.getByRole('link', { name: 'Billing' })).toBeTruthy()
    expect(screen.queryByRole('button', { name: 'Delete secret' })).toBeNull()
  })

  it('shows what the server says uses it by now', async () => {
    const inUse = {
      ...error('SECRET_IN_USE', ['key'], 'the secret is used by 1 connection', 'SecretInUse'),
      usedBy: [{ key: 'crm', displayName: 'CRM' }],
      usedByTasks: [],
    }
    answer({ 'mutation DeleteSecret': () => ({ deleteSecret: { deletedKey: null, userErrors: [inUse] } }) })
    render(<DeleteSecret secret={secret} onClose={() => {}} onGone={() => {}} />, { wrapper: TestApp })
    await userEvent.type(screen.getByLabelText(/to confirm/), 'billing-secret{Enter}')
    const dialog = await screen.findByRole('dialog', { name: 'Billing API is in use' })
    expect(within(dialog).getByText('the secret is used by 1 connection')).toBeTruthy()
    expect(within(dialog).getByRole('link', { name: 'CRM' })).toBeTruthy()
  })
})
