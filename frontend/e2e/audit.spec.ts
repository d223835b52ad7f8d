import { createSecret, rotateSecret, updateConnection } from './data'
import { expect, type Page, test } from './latchkey'
import { visit } from './pages'

const AUDIT = { path: '/audit', heading: 'Audit' }
const events = (page: Page) => page.getByRole('table', { name: 'Events' })
/** The rows of events, without the row of heads and the room above and below them. */
const rows = (page: Page) => events(page).locator('[data-row]')

test('a search finds what happened, and stays in the address', async ({ page, furnished: _ }) => {
  await visit(page, AUDIT)
  await page.keyboard.press('/')
  await page.keyboard.type('type:connection.* target:shop')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/q=type/)
  await expect(rows(page)).toHaveCount(2)
  await expect(rows(page).last()).toContainText('Connection created')
  await page.getByRole('button', { name: 'Remove type:connection.*' }).click()
  await expect.poll(() => rows(page).count()).toBeGreaterThan(2)
  await page.goBack()
  await expect(rows(page)).toHaveCount(2)
})

test('a mistake in a search is named at once', async ({ page }) => {
  await visit(page, AUDIT)
  const box = page.getByRole('combobox', { name: 'Search events' })
  await box.fill('colour:red')
  await box.press('Enter')
  await expect(page.getByRole('alert')).toContainText('colour')
  await expect(box).toHaveAttribute('aria-invalid', 'true')
  await box.fill('outcome:failure')
  await box.press('Enter')
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('an event says what changed, and goes to its neighbours by keys', async ({ page, latchkey, furnished: _ }) => {
  await updateConnection(latchkey, 'weather', { displayName: 'Weather service 2' })
  await page.goto('/audit?q=target%3Aweather+type%3Aconnection.*')
  await expect(rows(page)).toHaveCount(2)
  const first = rows(page).first().getByRole('link').first()
  await first.focus()
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog')
  const change = drawer.getByRole('table', { name: 'Changes' })
  await expect(change.getByRole('row').filter({ hasText: 'Weather service 2' })).toContainText('Weather service')
  await expect(drawer.getByRole('group', { name: 'The event as JSON' })).toContainText('connection.updated.v1')
  const address = page.url()
  await page.keyboard.press(']')
  await expect(drawer.getByRole('heading', { level: 2 })).toContainText('created')
  await page.keyboard.press('[')
  await expect(page).toHaveURL(address)
  await page.keyboard.press('Escape')
  await expect(drawer).toHaveCount(0)
  await expect(first).toBeFocused()
})

test('what happens elsewhere appears by itself, but not while it is paused', async ({ page, latchkey }) => {
  await visit(page, AUDIT)
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
  await createSecret(latchkey, 'audited', 'one')
  await expect(rows(page).first()).toContainText('audited')
  await page.getByRole('button', { name: 'Pause' }).click()
  await rotateSecret(latchkey, 'audited', 'two')
  await expect(page.getByText('Paused; nothing will be missed')).toBeVisible()
  await expect(rows(page).first()).toContainText('Secret created')
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(rows(page).first()).toContainText('Secret rotated')
})
