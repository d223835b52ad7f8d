import { createConnection, createSecret } from './data'
import { expect, type Page, test } from './latchkey'
import { visit } from './pages'

const SECRETS = { path: '/secrets', heading: 'Secrets' }

const rows = (page: Page) => page.getByRole('table', { name: 'Secrets' }).getByRole('row')

test('a secret is stored and rotated, its old value is still tried, and no value is ever shown', async ({
  page,
  latchkey,
}) => {
  await visit(page, SECRETS)
  await page.keyboard.press('c')
  const asking = page.getByRole('dialog', { name: 'New secret' })
  await expect(asking.getByLabel('Display Name')).toBeFocused()
  await page.keyboard.type('Of the tax office')
  await expect(asking.getByLabel('Key')).toHaveValue('of-the-tax-office')
  await asking.getByRole('textbox', { name: 'Value' }).fill('the first value')
  await page.keyboard.press('ControlOrMeta+Enter')

  const drawer = page.getByRole('dialog', { name: 'Of the tax office' })
  await expect(drawer).toContainText('Can be replaced, but not be read.')
  await page.keyboard.press('e')
  await drawer.getByRole('textbox', { name: 'New value' }).fill('the second value')
  await drawer.getByLabel('Overlap').selectOption('1 day')
  await drawer.getByLabel('Reason, for the log').fill('Once a year')
  await drawer.getByRole('form', { name: 'Rotate' }).getByRole('button', { name: 'Rotate' }).click()
  await expect(drawer).toContainText('Version 1, still tried until')
  await expect(page.locator('html')).not.toContainText('the first value')
  await expect(page.locator('html')).not.toContainText('the second value')
  const { secret } = await latchkey.query<{ secret: { version: number; previous: unknown } }>(
    '{ secret(key: "of-the-tax-office") { version previous { version } } }',
  )
  expect(secret).toEqual({ version: 2, previous: { version: 1 } })
})

test('what the server refuses stands at its field, and the value is still there to be mended', async ({
  page,
  furnished,
}) => {
  await visit(page, { ...SECRETS, path: '/secrets?new=true' })
  const asking = page.getByRole('dialog', { name: 'New secret' })
  await asking.getByLabel('Display Name').fill('Twice')
  await asking.getByLabel('Key').fill(furnished.secret)
  await asking.getByRole('textbox', { name: 'Value' }).fill('any')
  await page.keyboard.press('Enter')
  await expect(asking.getByLabel('Key')).toHaveAttribute('aria-invalid', 'true')
  await expect(asking.getByLabel('Key')).toBeFocused()
  await expect(asking.getByRole('textbox', { name: 'Value' })).toHaveValue('any')
})

test('a secret in use is not deleted, and says who uses it; one that nobody uses is', async ({
  page,
  latchkey,
  issuer,
}) => {
  await createSecret(latchkey, 'in-use', 'any', 'In use')
  await createConnection(latchkey, {
    key: 'user-of-it',
    displayName: 'Its user',
    accessTokenUrl: issuer.tokenUrl,
    secret: 'in-use',
  })
  await createSecret(latchkey, 'idle', 'any', 'Idle')
  await visit(page, SECRETS)
  await page.getByRole('link', { name: 'In use' }).click()
  await page.getByRole('dialog', { name: 'In use' }).getByRole('button', { name: 'Delete' }).click()
  const refused = page.getByRole('dialog', { name: 'In use is in use' })
  await expect(refused.getByRole('link', { name: 'Its user' })).toBeVisible()
  await refused.getByRole('button', { name: 'Close' }).last().click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('link', { name: 'In use' })).toBeFocused()

  await page.getByRole('link', { name: 'Idle' }).click()
  await page.getByRole('dialog', { name: 'Idle' }).getByRole('button', { name: 'Delete' }).click()
  const asking = page.getByRole('dialog', { name: 'Delete Idle?' })
  await asking.getByLabel(/to confirm/).fill('idle')
  await page.keyboard.press('Enter')
  await expect(rows(page).filter({ hasText: 'Idle' })).toHaveCount(0)
})

test('a text of several lines is kept as such, whatever it was pasted into', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const pem = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
  await visit(page, { ...SECRETS, path: '/secrets?new=true' })
  await page.evaluate(text => navigator.clipboard.writeText(text), pem)
  await page.getByRole('textbox', { name: 'Value' }).focus()
  await page.keyboard.press('ControlOrMeta+v')
  await expect(page.getByRole('radio', { name: 'PEM or JWK' })).toBeChecked()
  await expect(page.getByRole('textbox', { name: 'Value' })).toHaveValue(pem)
})

test.describe('with nothing there', () => {
  test.use({ install: 'empty' })

  test('the page says what secrets are for, and the same for a terminal', async ({ page }) => {
    await visit(page, SECRETS)
    await expect(page.getByText(/There are no secrets yet/)).toBeVisible()
    await expect(page.getByText('createSecret')).toBeVisible()
    await page.getByRole('button', { name: 'Store a secret' }).click()
    await expect(page.getByRole('dialog', { name: 'New secret' })).toBeVisible()
  })
})
