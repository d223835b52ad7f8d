import { createConnection, createSecret, retryTokenRequest } from './data'
import { expect, type Issuer, type Latchkey, type Page, test } from './latchkey'
import { visit } from './pages'

const FAILURES = { path: '/failures', heading: 'Failures' }

const rows = (page: Page) => page.getByRole('table', { name: 'Failures' }).locator('[data-row]')

/** A connection that fails, of the test's own; what it gives fails once more. */
async function failing(latchkey: Latchkey, issuer: Issuer, key: string): Promise<() => Promise<void>> {
  issuer.script(key, {
    refusal: { status: 401, body: { error: 'invalid_client', error_description: `No secret of ${key} fits.` } },
  })
  await createSecret(latchkey, `${key}-secret`, 'wrong')
  await createConnection(latchkey, { key, accessTokenUrl: issuer.tokenUrl, secret: `${key}-secret` })
  return () => retryTokenRequest(latchkey, key)
}

test('failures appear as they happen; pausing holds them back, clearing puts them away', async ({
  page,
  latchkey,
  issuer,
}) => {
  const fail = await failing(latchkey, issuer, 'failing-now')
  await page.goto('/failures?connection=%5B%22failing-now%22%5D')
  await expect(page.getByText(/Nothing that matches the filter has failed since/)).toBeVisible()
  await fail()
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText('failing-now')
  await expect(rows(page)).toContainText('invalid_client')

  await page.getByRole('button', { name: 'Pause' }).click()
  await fail()
  await expect(page.getByText('1 new', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: '×2, show each' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: '×2, show each' }).click()
  await expect(rows(page)).toHaveCount(3)

  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await expect(rows(page)).toHaveCount(0)
  await page.getByRole('button', { name: 'Stop' }).click()
  await fail()
  await expect(page.getByText('Nothing to show, and nobody is watching.')).toBeVisible()
  await page.getByRole('button', { name: 'Live' }).click()
  await expect(rows(page)).toHaveCount(1)
})

test('the drawer says what the issuer said and leads to the field to mend', async ({ page, latchkey, issuer }) => {
  const fail = await failing(latchkey, issuer, 'explained')
  await fail()
  await page.goto('/failures?connection=%5B%22explained%22%5D')
  const row = rows(page).getByRole('link').first()
  await row.focus()
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog')
  await expect(drawer).toContainText('No secret of explained fits.')
  await expect(drawer).toContainText('Check Client ID and Secret Configuration')
  await expect(page).toHaveURL(/failure=/)
  const address = page.url()
  await page.keyboard.press('Escape')
  await expect(drawer).toHaveCount(0)
  await expect(row).toBeFocused()

  // The address of a drawer is a link to it.
  await page.goto(address)
  await drawer.getByRole('link', { name: 'Open the connection at this field' }).click()
  await expect(page).toHaveURL('/connections/explained/configuration?field=authentication')
})

test('filters are picked by keys and stay in the address', async ({ page, latchkey, issuer, furnished: _ }) => {
  const fail = await failing(latchkey, issuer, 'filtered')
  await fail()
  await visit(page, FAILURES)
  await expect(rows(page).filter({ hasText: 'crm' })).not.toHaveCount(0)
  await page.keyboard.press('/')
  await page.keyboard.type('filtered')
  await expect(page.getByRole('option', { name: /filtered/ })).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/connection=.*filtered/)
  await expect(rows(page)).toHaveCount(1)
  await page.getByRole('button', { name: 'Connection filtered: remove' }).click()
  await expect(page).toHaveURL('/failures')
  await expect(rows(page).filter({ hasText: 'crm' })).not.toHaveCount(0)
})

test('keys pause, walk and open', async ({ page, furnished: _ }) => {
  await visit(page, FAILURES)
  await expect(rows(page).first()).toBeVisible()
  await page.keyboard.press(' ')
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  await page.keyboard.press(' ')
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog')
  await expect(drawer).toBeVisible()
  const first = page.url()
  await page.keyboard.press(']')
  await expect(page).not.toHaveURL(first)
  await page.keyboard.press('[')
  await expect(page).toHaveURL(first)
})

test.describe('with nothing there', () => {
  test.use({ install: 'empty' })

  test('the page says since when nothing has failed, and that it watches', async ({ page }) => {
    await visit(page, FAILURES)
    await expect(page.getByText(/Nothing has failed since .*; watching\./)).toBeVisible()
    await expect(page.getByText('authFailures(first: 10)')).toBeVisible()
  })
})

test.describe('while the server is away', () => {
  test.use({ install: 'own' })

  for (const [name, path] of [
    ['failures', '/failures'],
    ['audit', '/audit'],
  ] as const)
    test(`${name} say since when, and go on without a gap and without a repetition`, async ({
      page,
      latchkey,
      issuer,
      faults,
    }) => {
      faults.expect(
        /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|WebSocket connection/,
      )
      const key = `restarted-${name}`
      const fail = await failing(latchkey, issuer, key)
      await fail()
      await visit(page, { path, heading: /./ })
      const shown = page.locator('[data-row]').filter({ hasText: key })
      await expect(shown.first()).toBeVisible()
      const before = await shown.count()
      await latchkey.kill()
      await expect(page.getByText(/Connection lost at .*; nothing will be missed/)).toBeVisible()
      // The page comes back only after something has happened.
      await page.context().setOffline(true)
      await latchkey.start()
      await fail()
      await page.context().setOffline(false)
      await expect(page.getByText(/Live, resumed at #\d+/)).toBeVisible()
      if (name === 'failures') {
        await page.getByRole('button', { name: '×2, show each' }).click()
        await expect(shown).toHaveCount(3)
      } else {
        const positions = await page
          .locator('[data-row] td:first-child')
          .allInnerTexts()
          .then(texts => texts.map(text => Number(text.replaceAll(/\D/g, ''))))
        expect(positions.length).toBeGreaterThan(before)
        // Newest first, each exactly one below the other.
        expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) - index))
      }
    })
})
