import { createConnection, createSecret, execute } from './data'
import { expect, type Page, test } from './latchkey'
import { visit } from './pages'

const CONSOLE = { path: '/requests', heading: 'Requests' }

const result = (page: Page) => page.getByRole('region', { name: 'Result' })

/** Chooses a connection by typing part of its name. */
async function pick(page: Page, name: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Connection' }).fill(name)
  await page.getByRole('option', { name }).click()
}

test('a request is authorised by a connection, and the second one by the same token', async ({
  page,
  latchkey,
  issuer,
}) => {
  await createSecret(latchkey, 'console-secret', 'any')
  await createConnection(latchkey, {
    key: 'console',
    displayName: 'For the console',
    accessTokenUrl: issuer.tokenUrl,
    secret: 'console-secret',
  })
  await visit(page, CONSOLE)
  await page.getByLabel('URL').fill(issuer.api('greeting'))
  await pick(page, 'For the console')
  await page.keyboard.press('ControlOrMeta+Enter')
  await expect(result(page)).toContainText('200')
  await expect(result(page)).toContainText('Fetched')
  await expect(result(page)).toContainText('Hello.')
  await expect(result(page).getByRole('table', { name: 'Where the time went' })).toContainText('Attempt 1')
  await expect(result(page)).toContainText('$TOKEN')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(result(page)).toContainText('From the cache')
})

test('a request without a token fails with the reason, the remedy and the way to the field', async ({
  page,
  furnished,
  issuer,
}) => {
  await visit(page, { ...CONSOLE, path: `/requests?connection=${furnished.failing}` })
  await page.getByLabel('URL').fill(issuer.api('invoices'))
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(result(page).getByRole('alert')).toBeVisible()
  await result(page).getByRole('link', { name: 'Open the connection at this field' }).click()
  await expect(page).toHaveURL(/\/connections\/billing\/configuration/)
})

test('a mistake is shown at its field, and nothing is sent', async ({ page, furnished }) => {
  await visit(page, { ...CONSOLE, path: `/requests?connection=${furnished.working}` })
  await expect(page.getByRole('combobox', { name: 'Connection' })).toHaveValue('Shop orders')
  await page.getByLabel('URL').fill('not a URL')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(page.getByLabel('URL')).toHaveAttribute('aria-invalid', 'true')
})

test('a recorded request shows everything but what was secret, and can be run again', async ({
  page,
  latchkey,
  issuer,
  furnished,
}) => {
  const id = await execute(latchkey, furnished.working, issuer.api('recorded?code=hidden'), { method: 'GET' })
  await visit(page, { path: `/requests/${id}`, heading: /./ })
  await expect(page.getByRole('main')).toContainText('/api/recorded')
  await expect(page.getByRole('main')).not.toContainText('hidden')
  await expect(page.getByRole('main')).toContainText('The answer’s headers and body are not on the record.')

  await visit(page, CONSOLE)
  const row = page.getByRole('table', { name: 'Recent requests' }).getByRole('row').filter({ hasText: '/api/recorded' })
  await row.getByRole('button', { name: /again/ }).click()
  await expect(page.getByLabel('URL')).toHaveValue(issuer.api('recorded'))
  await expect(page.getByText(/Filled from the request of/)).toBeVisible()
})

test.describe('with nothing there', () => {
  test.use({ install: 'empty' })

  test('the console says what to do, and the same for a terminal', async ({ page }) => {
    await visit(page, CONSOLE)
    await expect(page.getByText('Send a request, and its answer is shown here.')).toBeVisible()
    await expect(page.getByText('executeHttpRequest')).toBeVisible()
    await expect(page.getByText('Nothing has been sent yet.')).toBeVisible()
  })
})
