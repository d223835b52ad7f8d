import { expect, test } from './latchkey'
import { visit } from './pages'

test('finds pages, commands and things by their names, and remembers', async ({ page, furnished: _ }) => {
  await visit(page, { path: '/', heading: 'Overview' })
  const palette = page.getByRole('dialog', { name: 'Search and commands' })
  await page.keyboard.press('ControlOrMeta+k')
  await expect(palette.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('customer rec')
  await expect(palette.getByRole('option', { name: /Customer records/ })).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Customer records' })).toBeVisible()

  await page.keyboard.press('ControlOrMeta+k')
  await expect(palette.getByRole('group', { name: 'Recent' })).toContainText('Customer records')
  await page.keyboard.type('fail')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Failures' })).toBeVisible()

  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('nothing is called like this')
  await expect(palette.getByText('Nothing is called that.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(palette).toHaveCount(0)
})

test('pages are reached by two keys', async ({ page }) => {
  await visit(page, { path: '/settings', heading: 'Settings' })
  for (const [key, heading] of [
    ['c', 'Connections'],
    ['t', 'HTTP Request Tasks'],
    ['r', 'Requests'],
    ['f', 'Failures'],
    ['s', 'Secrets'],
    ['a', 'Audit'],
    ['o', 'Overview'],
  ] as const) {
    await page.keyboard.press('g')
    await page.keyboard.press(key)
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible()
  }
})
