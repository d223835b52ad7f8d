import { createConnection, createSecret, execute, updateConnection } from './data'
import { expect, type Page, test } from './latchkey'
import { visit } from './pages'

const LIST = { path: '/connections', heading: 'Connections' }

const rows = (page: Page) => page.getByRole('table', { name: 'Connections' }).getByRole('row')

test('the list says of each connection what it is and how it is', async ({ page, furnished: _ }) => {
  await visit(page, LIST)
  const shop = rows(page).filter({ hasText: 'Shop orders' })
  await expect(shop).toContainText('Authorised')
  await expect(shop).toContainText('127.0.0.1:')
  await expect(shop).toContainText('Client Secret')
  await expect(shop).toContainText('production')
  await expect(rows(page).filter({ hasText: 'Customer records' })).toContainText('Failing')
  await expect(rows(page).filter({ hasText: 'Customer records' })).toContainText('1 failure')
  await expect(rows(page).filter({ hasText: 'Archive of invoices' })).toContainText('Disabled')
})

test('a filter is in the address, so that it can be sent to somebody', async ({
  page,
  anotherBrowser,
  furnished: _,
}) => {
  await visit(page, LIST)
  await page.getByRole('searchbox', { name: 'Filter connections' }).fill('customer')
  await expect(rows(page)).toHaveCount(2)
  await page.getByRole('button', { name: 'Failing' }).click()
  await expect(page.getByRole('button', { name: 'Failing' })).toHaveAttribute('aria-pressed', 'true')
  await expect(page).toHaveURL(/q=customer/)
  await expect(page).toHaveURL(/FAILING/)

  const other = await anotherBrowser()
  await other.goto(page.url())
  await expect(rows(other)).toHaveCount(2)
  await expect(other.getByRole('searchbox', { name: 'Filter connections' })).toHaveValue('customer')

  await page.getByRole('searchbox', { name: 'Filter connections' }).fill('nothing like this')
  await expect(page.getByText('No connection matches the filter.')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  await expect(rows(page).filter({ hasText: 'Weather service' })).toBeVisible()
})

test('a state changes before the eyes of who looks', async ({ page, latchkey, issuer }) => {
  await createSecret(latchkey, 'live-secret', 'right')
  issuer.script('live', { secret: 'right' })
  await createConnection(latchkey, { key: 'live', accessTokenUrl: issuer.tokenUrl, secret: 'live-secret' })
  await visit(page, LIST)
  const row = rows(page).filter({ hasText: 'live' })
  await expect(row).toContainText('Untested')
  await execute(latchkey, 'live', issuer.api('ok'))
  await expect(row).toContainText('Authorised')
  await updateConnection(latchkey, 'live', { enabled: false })
  await expect(row).toContainText('Disabled')
})

test('the list can be walked and opened by keys alone', async ({ page, furnished: _ }) => {
  await visit(page, LIST)
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox', { name: 'Filter connections' })).toBeFocused()
  await page.keyboard.type('o')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await expect(page.getByRole('link', { name: 'Archive of invoices' })).toBeFocused()
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  await expect(page.getByRole('link', { name: 'Archive of invoices' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Archive of invoices' })).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await expect(page.getByRole('heading', { level: 1, name: 'Connections' })).toBeVisible()
})

test.describe('with nothing there', () => {
  test.use({ install: 'empty' })

  test('the list says what a connection is, how to add one, and the same for a terminal', async ({ page }) => {
    await visit(page, LIST)
    await expect(page.getByText(/There are no connections yet/)).toBeVisible()
    await expect(page.getByText('createConnection')).toBeVisible()
    await page.getByRole('main').getByRole('link', { name: 'Add' }).last().click()
    await expect(page).toHaveURL('/connections/new')
  })
})
