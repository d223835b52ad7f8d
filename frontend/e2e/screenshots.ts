// The pictures of the README, taken of the running product: `make screenshots`.
import { fileURLToPath } from 'node:url'
import { expect, type Page, test } from './latchkey'

const directory = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))

/** Takes the picture when nothing moves any more. */
async function take(page: Page, name: string): Promise<void> {
  await expect(page.locator('[role="status"][aria-label="Loading"]')).toHaveCount(0)
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: `${directory}${name}.png`, animations: 'disabled', caret: 'hide' })
}

test.use({ viewport: { width: 1280, height: 800 } })

test.describe('by day', () => {
  test.use({ colorScheme: 'light' })

  test('the overview', async ({ page, furnished: _ }) => {
    await page.addInitScript(() => localStorage.setItem('latchkey.checklist', 'dismissed'))
    await page.goto('/')
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
    await expect(page.locator('canvas').first()).toBeVisible()
    await take(page, 'overview')
  })

  test('the list of connections', async ({ page, furnished: _ }) => {
    await page.goto('/connections')
    await expect(page.getByRole('link', { name: 'Shop orders' })).toBeVisible()
    await take(page, 'connections')
  })

  test('a request and what became of it', async ({ page, furnished }) => {
    await page.goto(`/requests/${encodeURIComponent(furnished.answered)}`)
    await expect(page.getByText('From the cache').first()).toBeVisible()
    await take(page, 'request')
  })

  test('a change in the audit log', async ({ page, furnished: _ }) => {
    await page.goto('/audit?q=type:connection.updated.v1')
    await page.getByRole('row').nth(1).getByRole('link').first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await take(page, 'audit')
  })
})

test.describe('by night', () => {
  test.use({ colorScheme: 'dark' })

  test('a failure, and what to do about it', async ({ page, furnished }) => {
    await page.goto(`/failures?connection=${encodeURIComponent(JSON.stringify([furnished.failing]))}`)
    await page.getByRole('row').nth(1).getByRole('link').first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await take(page, 'failure')
  })

  test('the Usage Data of a connection', async ({ page, furnished }) => {
    await page.goto(`/connections/${furnished.working}/usage?range=1h`)
    await expect(page.locator('canvas').first()).toBeVisible()
    await take(page, 'usage')
  })
})
