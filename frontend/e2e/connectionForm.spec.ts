import { createConnection, createSecret, updateConnection } from './data'
import { expect, type Page, test } from './latchkey'
import { visit } from './pages'

const NEW = { path: '/connections/new', heading: 'New connection' }

/** The steps of the newest test, beside the form. */
const steps = (page: Page) => page.getByRole('list', { name: 'Steps' }).getByRole('listitem')

test('a connection is described, tested with what the form says, and saved', async ({ page, latchkey, issuer }) => {
  issuer.script('drafted', { secret: 'the right one' })
  await createSecret(latchkey, 'drafted-secret', 'the right one', 'Of the draft')
  await visit(page, NEW)
  await page.getByLabel('Display Name').fill('Drafted & tested')
  await expect(page.getByLabel('Key', { exact: true })).toHaveValue('drafted-tested')
  await page.getByLabel('Client ID', { exact: true }).fill('drafted')
  await page.getByLabel('Access Token URL').last().fill(issuer.tokenUrl)
  await page.getByRole('combobox', { name: 'Secret' }).fill('draft')
  await page.getByRole('option', { name: /Of the draft/ }).click()
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(steps(page).filter({ hasText: 'Token' }).last()).toContainText('a Bearer token')
  await expect(steps(page).filter({ hasText: 'Failed' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Save connection' }).click()
  await expect(page).toHaveURL('/connections/drafted-tested')
  await expect(page.getByRole('heading', { level: 1, name: 'Drafted & tested' })).toBeVisible()
})

test('what is wrong stands at its field: a taken Key, nothing typed, an address that is none', async ({
  page,
  furnished: _,
}) => {
  await visit(page, NEW)
  await page.getByLabel('Key', { exact: true }).fill('shop')
  await expect(page.getByText('This Key is taken by “Shop orders”.')).toBeVisible()
  await page.getByRole('button', { name: 'Save connection' }).click()
  await expect(page.getByLabel('Display Name')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Display Name').fill('Wrong')
  await page.getByLabel('Key', { exact: true }).fill('wrong')
  await page.getByLabel('Client ID', { exact: true }).fill('wrong')
  await page.getByLabel('Access Token URL').last().fill('no address')
  await page.getByRole('combobox', { name: 'Secret' }).fill('crm')
  await page.getByRole('option', { name: /CRM/ }).click()
  await page.getByRole('button', { name: 'Save connection' }).click()
  await expect(page.getByLabel('Access Token URL').last()).toHaveAttribute('aria-invalid', 'true')
  await expect(page).toHaveURL('/connections/new')
})

test('the issuer tells its Access Token URL', async ({ page, latchkey }) => {
  await visit(page, NEW)
  await page.getByRole('radio', { name: 'Issuer' }).press(' ')
  await page.getByLabel('Issuer', { exact: true }).last().fill(latchkey.demoIssuer)
  await page.getByRole('button', { name: 'Discover' }).click()
  await expect(page.getByText(`${latchkey.demoIssuer}/token`)).toBeVisible()
})

test('two who edit at once lose nothing: the later one sees both values and chooses', async ({
  page,
  latchkey,
  issuer,
}) => {
  await createSecret(latchkey, 'edited-secret', 'any')
  await createConnection(latchkey, {
    key: 'edited',
    displayName: 'As it was',
    accessTokenUrl: issuer.tokenUrl,
    secret: 'edited-secret',
  })
  await visit(page, { path: '/connections/edited/configuration', heading: 'As it was' })
  await page.getByLabel('Display Name').fill('As I want it')
  await page.getByLabel('Client ID', { exact: true }).fill('my-client')
  await updateConnection(latchkey, 'edited', { displayName: 'As they want it' })
  await page.getByRole('button', { name: 'Save connection' }).click()
  await expect(page.getByText('has changed this connection meanwhile')).toBeVisible()
  const conflict = page.getByRole('list', { name: 'Fields that both have changed' }).getByRole('listitem')
  await expect(conflict).toHaveCount(1)
  await expect(conflict).toContainText('As they want it')
  await expect(conflict).toContainText('As I want it')
  await conflict.getByRole('button', { name: /Take theirs/ }).click()
  await page.getByRole('button', { name: 'Save connection' }).click()
  await expect(page.getByText('Saved as version 3.')).toBeVisible()
  const { connection } = await latchkey.query<{ connection: unknown }>(
    '{ connection(key: "edited") { displayName clientId } }',
  )
  expect(connection).toEqual({ displayName: 'As they want it', clientId: 'my-client' })
})

test('a failure leads to its field, which is marked and has the focus', async ({ page, furnished }) => {
  await visit(page, { path: `/connections/${furnished.failing}/configuration?field=clientId`, heading: 'Billing' })
  await expect(page.getByText('Look here first: the failure points at this field.')).toBeVisible()
  await expect(page.getByLabel('Client ID', { exact: true })).toBeFocused()
})

test('who leaves with changes is asked', async ({ page, furnished }) => {
  await visit(page, { path: `/connections/${furnished.failing}/configuration`, heading: 'Billing' })
  await page.getByLabel('Client ID', { exact: true }).fill('not saved')
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Secrets' }).click()
  const asked = page.getByRole('dialog')
  await expect(asked).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByLabel('Client ID', { exact: true })).toHaveValue('not saved')
})

test('a connection is created without a pointer, its secret with it', async ({ page, latchkey, issuer }) => {
  issuer.script('by-keys', { secret: 'typed by keys' })
  /** Presses Tab until the element with this name has the focus. */
  const tabTo = async (name: string | RegExp) => {
    const wanted = page.getByRole('main').getByLabel(name).or(page.getByRole('main').getByRole('button', { name }))
    await expect(async () => {
      await page.keyboard.press('Tab')
      await expect(wanted.and(page.locator(':focus'))).toHaveCount(1, { timeout: 1 })
    }).toPass({ intervals: [1] })
  }
  await visit(page, { path: '/connections', heading: 'Connections' })
  await page.keyboard.press('c')
  await expect(page.getByRole('heading', { level: 1, name: 'New connection' })).toBeVisible()
  await tabTo('Display Name')
  await page.keyboard.type('By keys')
  await tabTo('Client ID')
  await page.keyboard.type('by-keys')
  await tabTo('Access Token URL')
  await tabTo('Access Token URL')
  await page.keyboard.type(issuer.tokenUrl)
  await tabTo('Secret')
  await page.keyboard.type('by-keys-secret')
  await expect(page.getByRole('option', { name: /Store a new secret/ })).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('textbox', { name: 'Client Secret' })).toBeFocused()
  await page.keyboard.type('typed by keys')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('combobox', { name: 'Secret' })).toBeFocused()
  await page.keyboard.press('ControlOrMeta+Enter')
  await expect(page).toHaveURL('/connections/by-keys')
  const { secret } = await latchkey.query<{ secret: unknown }>('{ secret(key: "by-keys-secret") { key } }')
  expect(secret).toEqual({ key: 'by-keys-secret' })
})
