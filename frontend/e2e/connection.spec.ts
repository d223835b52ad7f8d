import { createConnection, createSecret, execute, updateConnection } from './data'
import { expect, type Issuer, type Latchkey, test } from './latchkey'
import { visit } from './pages'

/** A connection that works, of the test's own. */
async function connect(latchkey: Latchkey, issuer: Issuer, key: string): Promise<{ path: string; heading: string }> {
  issuer.script(key, { secret: 'right' })
  await createSecret(latchkey, `${key}-secret`, 'right')
  await createConnection(latchkey, {
    key,
    displayName: `The ${key}`,
    accessTokenUrl: issuer.tokenUrl,
    secret: `${key}-secret`,
  })
  return { path: `/connections/${key}`, heading: `The ${key}` }
}

test('a test asks for a token step by step, and says so', async ({ page, latchkey, issuer }) => {
  const place = await connect(latchkey, issuer, 'tested')
  await visit(page, place)
  await expect(page.getByText('Untested', { exact: true })).toBeVisible()
  await page.keyboard.press('t')
  await expect(page.getByText('The test went through: a token was issued and thrown away.')).toBeVisible()
  const steps = page.getByRole('region', { name: 'Last test' }).getByRole('listitem')
  await expect(steps).toHaveCount(8)
  await expect(steps.filter({ hasText: 'Token' }).last()).toContainText('a Bearer token')
})

test('a refused test names the field to mend and leads to it', async ({ page, latchkey, issuer }) => {
  const place = await connect(latchkey, issuer, 'refused')
  issuer.script('refused', { secret: 'another one' })
  await visit(page, place)
  await page.getByRole('button', { name: 'Test' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'The test failed' })).toContainText('invalid_client')
  const last = page.getByRole('region', { name: 'Last test' })
  await expect(last).toContainText('Check Client ID and Secret Configuration')
  await last.getByRole('link', { name: 'Open the connection at this field' }).click()
  await expect(page).toHaveURL('/connections/refused/configuration?field=authentication')
})

test('tokens are evicted, and the connection is disabled, enabled and deleted', async ({ page, latchkey, issuer }) => {
  const place = await connect(latchkey, issuer, 'short-lived')
  await execute(latchkey, 'short-lived', issuer.api('ok'))
  await visit(page, place)
  await page.getByRole('button', { name: 'Evict token' }).click()
  await expect(page.getByText('The cached tokens are gone: the next request fetches a new one.')).toBeVisible()

  await page.getByRole('button', { name: 'Disable' }).click()
  const asking = page.getByRole('dialog', { name: 'Disable The short-lived?' })
  await asking.getByLabel('Reason').fill('Audit finding 7')
  await asking.getByRole('button', { name: 'Disable' }).click()
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Enable' }).click()
  await expect(page.getByText('Requests may use this connection again.')).toBeVisible()

  await page.getByRole('button', { name: 'Delete' }).click()
  const confirming = page.getByRole('dialog', { name: 'Delete The short-lived?' })
  await expect(confirming.getByRole('button', { name: 'Delete for ever' })).toBeDisabled()
  await confirming.getByLabel('Type the Key to confirm').fill('short-lived')
  await confirming.getByRole('button', { name: 'Delete for ever' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Connections' })).toBeVisible()
  await page.goto(place.path)
  await expect(page.getByText('There is no connection with the Key')).toBeVisible()
})

test('Usage Data says in figures, charts and tables what was done', async ({ page, latchkey, issuer }) => {
  const place = await connect(latchkey, issuer, 'used')
  for (let number = 0; number < 3; number += 1) await execute(latchkey, 'used', issuer.api('ok'))
  await visit(page, { ...place, path: `${place.path}/usage` })
  const chart = page.getByRole('figure', { name: 'Requests and failures' })
  await expect(chart.getByRole('listitem').filter({ hasText: 'Requests' })).toContainText('3')
  await expect(
    page.getByRole('figure', { name: 'Tokens' }).getByRole('listitem').filter({ hasText: 'Token requests' }),
  ).toContainText('1')
  await chart.getByRole('button', { name: 'Table' }).click()
  const table = chart.getByRole('table', { name: 'Requests and failures' })
  await expect(table.getByRole('row').nth(1)).toContainText('3')
  await page.getByRole('radio', { name: '30 days' }).check({ force: true })
  await expect(page).toHaveURL(/range=30d/)
})

test('its history compares any two versions', async ({ page, latchkey, issuer }) => {
  const place = await connect(latchkey, issuer, 'changed')
  await updateConnection(latchkey, 'changed', { description: 'First words.' })
  await updateConnection(latchkey, 'changed', { description: 'Other words.', clientId: 'another-client' })
  await visit(page, { ...place, path: `${place.path}/history` })
  const compared = page.getByRole('region', { name: 'Compare versions' })
  await expect(compared).toContainText('First words.')
  await expect(compared).toContainText('Other words.')
  await expect(compared).toContainText('another-client')
  await compared.getByLabel('From').selectOption({ index: 2 })
  await expect(page).toHaveURL(/from=1/)
  await expect(compared).not.toContainText('First words.')
  await expect(page.getByRole('list', { name: 'What happened' }).getByRole('listitem')).not.toHaveCount(0)
})
