import { expect, test } from './latchkey'
import { visit } from './pages'

const SETTINGS = { path: '/settings', heading: 'Settings' }

test('the theme is chosen, kept, and there before anything is painted', async ({ page }) => {
  await visit(page, SETTINGS)
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const light = await background()
  await page.getByRole('radio', { name: 'Dark' }).press(' ')
  await expect.poll(background).not.toBe(light)
  const dark = await background()
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  expect(await background()).toBe(dark)
  await page.getByRole('radio', { name: 'Same as the system' }).press(' ')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(background).toBe(dark)
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(background).toBe(light)
})

test('single keys can be switched off, and Ctrl-K still opens the palette', async ({ page }) => {
  await visit(page, SETTINGS)
  await page.getByRole('checkbox', { name: 'Single keys are shortcuts' }).uncheck()
  await page.getByRole('checkbox', { name: 'Single keys are shortcuts' }).blur()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog', { name: 'Search and commands' })).toBeVisible()
})

test('who is signed in and may do what is said there', async ({ page }) => {
  await visit(page, SETTINGS)
  const account = page.getByRole('region', { name: 'Signed in' })
  await expect(account).toContainText('Connection')
  await expect(account).toContainText('list')
})

test('the shortcuts are listed by ?', async ({ page }) => {
  await visit(page, { path: '/', heading: 'Overview' })
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('Ctrl')
})
