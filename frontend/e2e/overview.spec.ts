import { createConnection, createSecret, execute, retryTokenRequest, testConnection } from './data'
import { expect, test } from './latchkey'
import { visit } from './pages'

const OVERVIEW = { path: '/', heading: 'Overview' }

test.describe('with nothing there', () => {
  test.use({ install: 'empty' })

  test('the first steps are done one by one, wherever they are done', async ({ page, latchkey, issuer }) => {
    await visit(page, OVERVIEW)
    const steps = page.getByRole('region', { name: 'First steps' })
    await expect(steps).toContainText('0 of 5 done')
    await expect(steps.getByRole('link', { name: 'Store a secret' })).toBeVisible()
    await createSecret(latchkey, 'first', 'any')
    await createConnection(latchkey, { key: 'first', accessTokenUrl: issuer.tokenUrl, secret: 'first' })
    await page.reload()
    await expect(steps).toContainText('2 of 5 done')
    await testConnection(latchkey, 'first')
    await execute(latchkey, 'first', issuer.api('ok'))
    await execute(latchkey, 'first', issuer.api('ok'))
    await page.reload()
    await expect(steps).toContainText('5 of 5 done')
    await steps.getByRole('button', { name: 'Dismiss' }).click()
    await expect(steps).toHaveCount(0)
    await page.reload()
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    await expect(steps).toHaveCount(0)
  })
})

test('it counts connections by state, and a failure appears by itself', async ({
  page,
  latchkey,
  issuer,
  furnished: _,
}) => {
  issuer.script('watched-here', { secret: 'another' })
  await createSecret(latchkey, 'watched-here', 'wrong')
  await createConnection(latchkey, { key: 'watched-here', accessTokenUrl: issuer.tokenUrl, secret: 'watched-here' })
  await visit(page, OVERVIEW)
  const connections = page.getByRole('region', { name: 'Connections' })
  await expect(connections.getByRole('link', { name: /Failing/ })).toBeVisible()
  const failures = page.getByRole('region', { name: /Failures/ })
  await expect(failures.getByText('Live', { exact: true })).toBeVisible()
  await expect(failures).not.toContainText('watched-here')
  await retryTokenRequest(latchkey, 'watched-here')
  await expect(failures).toContainText('watched-here')
  await connections.getByRole('link', { name: /Failing/ }).click()
  await expect(page).toHaveURL(/FAILING/)
})
