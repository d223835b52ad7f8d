import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { describe, expect, test, vi } from 'vitest'
import type { ConnectionFormFragment } from '@/gen/graphql'
import { answer, showPage } from '@/testing/page'
import { ConnectionForm } from './ConnectionForm'

const all = ['create:Connection', 'edit:Connection', 'test:Connection', 'create:Secret', 'list:Secret']
const noSecrets = { secrets: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } }
const oneSecret = {
  secrets: {
    nodes: [{ key: 'stored', displayName: 'Stored one', expiresAt: null }],
    pageInfo: { hasNextPage: false, endCursor: null },
  },
}
const free = { connection: null }
const refusal = (typename: string, path: string[], message: string, more: object = {}) => ({
  connection: null,
  test: null,
  metadataWarnings: [],
  userErrors: [{ __typename: typename, code: 'CODE', message, path, ...more }],
})

const saved: ConnectionFormFragment = {
  key: 'billing',
  version: 3,
  displayName: 'Billing',
  description: null,
  labels: [],
  enabled: true,
  clientId: 'client',
  accessTokenUrl: 'https://issuer.example/token',
  issuer: null,
  authentication: {
    __typename: 'ClientSecretAuthentication',
    secretKey: 'stored',
    placement: 'BASIC_HEADER',
    formEncode: true,
    clientIdInBody: false,
  },
  parameters: [],
  tokenPolicy: {
    cache: true,
    refreshSkew: 'PT60S',
    maxRetries: 2,
    requestTimeout: 'PT10S',
    expiredStatusCodes: [401],
    defaultLifetime: null,
  },
  allowedHosts: [],
  baseUrl: null,
  dpop: null,
  responseMapping: null,
  metadataChange: null,
  updatedAt: '2026-11-23T08:00:00Z',
  updatedBy: { id: '2', display: 'Ann' },
}

// The whole form at each step takes a while on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const user = userEvent.setup({ delay: null })
/** At the end of what is there, as one who pastes does. */
async function write(input: HTMLElement, text: string) {
  await user.click(input)
  await user.paste(text)
}
const field = (name: RegExp | string) => screen.getByRole<HTMLInputElement>('textbox', { name })
const button = (name: string) => screen.getByRole('button', { name })
const save = () => user.click(button('Save connection'))

async function fillIn() {
  await write(field('Display Name'), 'My API')
  await write(field('Client ID'), 'client')
  await write(field('Access Token URL'), 'https://issuer.example/token')
}

describe('a new connection', () => {
  test('takes its Key from its name until somebody types one', async () => {
    answer({ SecretNames: oneSecret, ConnectionKeyTaken: free })
    await showPage(<ConnectionForm connection={null} />, ...all)
    await write(field('Display Name'), 'Größe')
    await waitFor(() => expect(field('Key').value).toBe('grosse'))
    await user.clear(field('Key'))
    await write(field('Key'), 'own')
    await write(field('Display Name'), ' 2')
    expect(field('Key').value).toBe('own')
  })

  test('says at once that a Key is taken', async () => {
    answer({
      SecretNames: oneSecret,
      ConnectionKeyTaken: { connection: { key: 'own', displayName: 'The first' } },
    })
    await showPage(<ConnectionForm connection={null} />, ...all)
    await write(field('Key'), 'own')
    expect(await screen.findByText('This Key is taken by “The first”.')).toBeTruthy()
  })

  test('says that a Key without a holder has none now, and refuses the one that is a page', async () => {
    answer({ SecretNames: oneSecret, ConnectionKeyTaken: free })
    await showPage(<ConnectionForm connection={null} />, ...all)
    await write(field('Key'), 'own')
    expect(await screen.findByText('No connection has it now. It can’t be changed later.')).toBeTruthy()
    await user.clear(field('Key'))
    await write(field('Key'), 'new')
    await save()
    expect(await screen.findByText('A Key can’t be “new”: the page for a new one has this address.')).toBeTruthy()
  })

  test('stores the secret that was typed before it is saved, and sends its value nowhere else', async () => {
    const asked = answer({
      SecretNames: noSecrets,
      ConnectionKeyTaken: free,
      CreateSecretInline: { createSecret: { secret: { key: 'my-api-client-secret' }, userErrors: [] } },
      CreateConnection: {
        createConnection: { connection: { key: 'my-api' }, test: null, metadataWarnings: [], userErrors: [] },
      },
    })
    const onSaved = vi.fn()
    await showPage(<ConnectionForm connection={null} onSaved={onSaved} />, ...all)
    await fillIn()
    await write(await screen.findByLabelText('Client Secret', { selector: 'input' }), 's3cret')
    await save()
    await waitFor(() => expect(onSaved).toHaveBeenCalledWith({ key: 'my-api', version: null, warnings: [] }))
    const sent = asked.filter(({ variables }) => JSON.stringify(variables).includes('s3cret'))
    expect(sent).toEqual([
      {
        operation: 'CreateSecretInline',
        variables: {
          input: { key: 'my-api-client-secret', displayName: 'My API: Client Secret', source: { value: 's3cret' } },
        },
      },
    ])
    const created = asked.find(({ operation }) => operation === 'CreateConnection')
    expect(created?.variables.input).toMatchObject({
      key: 'my-api',
      authentication: { clientSecret: { secret: 'my-api-client-secret' } },
      testFirst: false,
    })
  })

  test('keeps everything that was typed when the server refuses it, and says why at the field', async () => {
    answer({
      SecretNames: oneSecret,
      ConnectionKeyTaken: free,
      CreateConnection: { createConnection: refusal('EgressDenied', ['accessTokenUrl'], 'the guard denies it') },
    })
    await showPage(<ConnectionForm connection={null} />, ...all)
    await fillIn()
    await user.type(await screen.findByRole('combobox', { name: 'Secret' }), 'stored{Enter}')
    await save()
    expect(await screen.findByText('the guard denies it')).toBeTruthy()
    expect(document.activeElement).toBe(field('Access Token URL'))
    expect(field('Display Name').value).toBe('My API')
    await write(field('Access Token URL'), '/2')
    expect(screen.queryByText('the guard denies it')).toBeNull()
  })

  test('is not sent while something is missing, and leads there', async () => {
    const asked = answer({ SecretNames: oneSecret, ConnectionKeyTaken: free })
    await showPage(<ConnectionForm connection={null} />, ...all)
    await write(field('Display Name'), 'My API')
    await save()
    await waitFor(() => expect(document.activeElement).toBe(field('Client ID')))
    expect(asked.some(({ operation }) => operation === 'CreateConnection')).toBe(false)
  })

  test('is tested first when that is wanted, and shows the test that failed', async () => {
    const asked = answer({
      SecretNames: oneSecret,
      ConnectionKeyTaken: free,
      CreateConnection: {
        createConnection: {
          ...refusal('InvalidInput', ['testFirst'], 'the test failed'),
          test: { at: '2026-11-23T08:00:00Z', ok: false, steps: [], token: null, failure: null },
        },
      },
    })
    await showPage(<ConnectionForm connection={null} />, ...all)
    await fillIn()
    await user.type(await screen.findByRole('combobox', { name: 'Secret' }), 'stored{Enter}')
    await user.click(screen.getByRole('checkbox', { name: /Test before saving/ }))
    await save()
    expect(await screen.findByText('the test failed')).toBeTruthy()
    expect(screen.getByText('No token')).toBeTruthy()
    const created = asked.find(({ operation }) => operation === 'CreateConnection')
    expect(created?.variables.input).toMatchObject({ testFirst: true })
  })

  test('asks before it is left with something typed', async () => {
    answer({ SecretNames: oneSecret, ConnectionKeyTaken: free })
    const { router } = await showPage(<ConnectionForm connection={null} />, ...all)
    await write(field('Client ID'), 'client')
    void router.navigate({ to: '/elsewhere' as '/' })
    expect(await screen.findByRole('heading', { name: 'Leave without saving?' })).toBeTruthy()
    await user.click(button('Cancel'))
    expect(field('Client ID').value).toBe('client')
  })
})

describe('a saved connection', () => {
  const answers = { SecretNames: oneSecret }

  test('sends what was changed, the version it was read at, and the reason', async () => {
    const asked = answer({
      ...answers,
      UpdateConnectionConfiguration: {
        updateConnection: {
          connection: { ...saved, version: 4, displayName: 'Bills' },
          metadataWarnings: ['ES256 is not listed'],
          userErrors: [],
        },
      },
    })
    await showPage(<ConnectionForm connection={saved} />, ...all)
    await user.clear(field('Display Name'))
    await write(field('Display Name'), 'Bills')
    await write(field(/Reason/), 'a new name')
    await user.keyboard('{Control>}{Enter}{/Control}')
    expect(await screen.findByText(/Saved as version 4/)).toBeTruthy()
    expect(screen.getByText('ES256 is not listed')).toBeTruthy()
    expect(screen.getByText('Nothing to save.')).toBeTruthy()
    const update = asked.find(({ operation }) => operation === 'UpdateConnectionConfiguration')
    expect(update?.variables.input).toEqual({
      key: 'billing',
      expectedVersion: 3,
      displayName: 'Bills',
      reason: 'a new name',
      secretConfirmation: null,
    })
  })

  test('keeps what is typed while it is being saved', async () => {
    const connection = { ...saved, version: 4, displayName: 'Bills' }
    const asked = answer({
      ...answers,
      UpdateConnectionConfiguration: {
        get updateConnection() {
          fireEvent.change(field('Client ID'), { target: { value: 'meanwhile' } })
          return { connection, metadataWarnings: [], userErrors: [] }
        },
      },
    })
    await showPage(<ConnectionForm connection={saved} />, ...all)
    fireEvent.change(field('Display Name'), { target: { value: ' Bills ' } })
    await save()
    await screen.findByText(/Saved as version 4/)
    expect(field('Client ID').value).toBe('meanwhile')
    expect(field('Display Name').value).toBe('Bills')
    expect(screen.getByText('There are changes that are not saved.')).toBeTruthy()
    const update = asked.find(({ operation }) => operation === 'UpdateConnectionConfiguration')
    expect(update?.variables.input).not.toHaveProperty('clientId')
  })

  test('leads to the field that a remedy names, unfolds it and marks it', async () => {
    answer(answers)
    await showPage(<ConnectionForm connection={saved} field="tokenPolicy.requestTimeout" />, ...all)
    await waitFor(() => expect(document.activeElement).toBe(field(/Request timeout/)))
    expect(field(/Request timeout/).closest('details')?.open).toBe(true)
    expect(screen.getByText('Look here first: the failure points at this field.')).toBeTruthy()
  })

  test('asks for the secret where its way is decided, sends it once and forgets it', async () => {
    const answered = [
      {
        updateConnection: refusal('ConfirmationRequired', ['secretConfirmation'], 'confirm it', {
          fields: ['baseUrl'],
        }),
      },
      { updateConnection: { connection: { ...saved, version: 4 }, metadataWarnings: [], userErrors: [] } },
    ]
    const asked = answer({ ...answers, UpdateConnectionConfiguration: answered })
    await showPage(<ConnectionForm connection={saved} />, ...all)
    await write(field(/Base URL/), 'https://api.example')
    await save()
    expect(await screen.findByText('confirm it')).toBeTruthy()
    expect(screen.getByText('Because of: baseUrl')).toBeTruthy()
    await write(field('Current value of the secret'), 's3cret')
    await save()
    expect(await screen.findByText(/Saved as version 4/)).toBeTruthy()
    expect(asked.at(-1)?.variables.input).toMatchObject({
      secretConfirmation: 's3cret',
      baseUrl: 'https://api.example',
    })
    expect(screen.queryByLabelText('Current value of the secret')).toBeNull()
  })

  test('shows what another has changed meanwhile, and takes theirs when that is wanted', async () => {
    const theirs = { ...saved, version: 4, displayName: 'Theirs', clientId: 'their-client' }
    const answered = [
      {
        updateConnection: refusal('VersionConflict', ['expectedVersion'], 'x', { currentVersion: 4, current: theirs }),
      },
      { updateConnection: { connection: { ...theirs, version: 5 }, metadataWarnings: [], userErrors: [] } },
    ]
    const asked = answer({ ...answers, UpdateConnectionConfiguration: answered })
    await showPage(<ConnectionForm connection={saved} />, ...all)
    await user.clear(field('Display Name'))
    await write(field('Display Name'), 'Mine')
    await write(field(/Base URL/), 'https://api.example')
    await save()
    const list = within(await screen.findByRole('list', { name: 'Fields that both have changed' }))
    expect(list.getByText('Mine')).toBeTruthy()
    expect(list.getByText('Theirs', { selector: 'span' })).toBeTruthy()
    expect(screen.getByText('Taken over into this form: Client ID.')).toBeTruthy()
    expect(field('Client ID').value).toBe('their-client')
    expect(field('Display Name').value).toBe('Mine')
    await user.click(button('Take theirs: Display Name'))
    expect(field('Display Name').value).toBe('Theirs')
    await save()
    await screen.findByText(/Saved as version 5/)
    expect(asked.at(-1)?.variables.input).toMatchObject({ expectedVersion: 4, baseUrl: 'https://api.example' })
    expect(asked.at(-1)?.variables.input).not.toHaveProperty('displayName')
  })

  test('saves again by itself when the other change is in none of its fields', async () => {
    const disabled = { ...saved, version: 4, enabled: false }
    const answered = [
      {
        updateConnection: refusal('VersionConflict', ['expectedVersion'], 'x', {
          currentVersion: 4,
          current: disabled,
        }),
      },
      {
        updateConnection: {
          connection: { ...disabled, version: 5, displayName: 'Billing 2' },
          metadataWarnings: [],
          userErrors: [],
        },
      },
    ]
    const asked = answer({ ...answers, UpdateConnectionConfiguration: answered })
    await showPage(<ConnectionForm connection={saved} />, ...all)
    await write(field('Display Name'), ' 2')
    await save()
    await screen.findByText(/Saved as version 5/)
    expect(asked.at(-1)?.variables.input).toMatchObject({ expectedVersion: 4, displayName: 'Billing 2' })
  })

  test('agrees to what the issuer publishes now by giving the issuer again, and keeps what was typed', async () => {
    const issuer = 'https://issuer.example'
    const metadataChange = {
      detectedAt: '2026-11-23T08:00:00Z',
      issuer,
      changes: [{ field: 'token_endpoint', pinned: 'https://old.example', found: 'https://new.example' }],
    }
    const asked = answer({
      ...answers,
      UpdateConnectionConfiguration: {
        updateConnection: { connection: { ...saved, issuer, version: 4 }, metadataWarnings: [], userErrors: [] },
      },
    })
    await showPage(<ConnectionForm connection={{ ...saved, issuer, metadataChange }} />, ...all)
    expect(screen.getByText('https://new.example')).toBeTruthy()
    await write(field('Display Name'), ' 2')
    await user.click(button('Agree: use what is published now'))
    await screen.findByText(/Saved as version 4/)
    expect(asked.at(-1)?.variables.input).toMatchObject({ issuer, expectedVersion: 3 })
    expect(asked.at(-1)?.variables.input).not.toHaveProperty('displayName')
    expect(field('Display Name').value).toBe('Billing 2')
    expect(screen.queryByText('https://new.example')).toBeNull()
  })

  test('is tested as itself while nothing is changed, and else as a draft', async () => {
    const test = { at: '2026-11-23T08:00:00Z', ok: true, steps: [], token: null, failure: null }
    const asked = answer({ ...answers, TestDraft: { testConnection: { test, userErrors: [] } } })
    await showPage(<ConnectionForm connection={saved} />, ...all)
    await user.click(button('Test this form'))
    expect(await screen.findByText('A token was issued')).toBeTruthy()
    expect(asked.at(-1)?.variables).toEqual({ input: { key: 'billing' } })
    await write(field('Client ID'), '2')
    await user.click(button('Test this form'))
    await waitFor(() =>
      expect(asked.at(-1)?.variables).toMatchObject({ input: { draft: { key: 'billing', clientId: 'client2' } } }),
    )
  })
})
