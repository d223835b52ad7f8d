import { expect, signIn, test } from './latchkey'

test.use({ signedIn: false, permissions: ['clipboard-read', 'clipboard-write'] })

// The browser writes every refused request to the console.
test.beforeEach(({ faults }) => faults.expect(/status of 401/))

test('a wrong token is refused, and can be typed again', async ({ page }) => {
  await page.goto('/')
  await signIn(page, 'not-the-token')
  const field = page.getByLabel('Admin token')
  await expect(field).toHaveAccessibleDescription('This token is not the right one.')
  await expect(field).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByRole('navigation', { name: 'Pages' })).toHaveCount(0)
})

test('the pasted token becomes a cookie that no script can read, and nothing else', async ({ page, latchkey }) => {
  await page.goto('/')
  await signIn(page, latchkey.token)
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()

  const cookies = await page.context().cookies()
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict', path: '/' }])
  expect(cookies[0]?.value).not.toContain(latchkey.token)
  const seen = await page.evaluate(() => ({
    cookie: document.cookie,
    local: { ...localStorage },
    session: Object.values({ ...sessionStorage }).join(),
    page: document.documentElement.outerHTML,
    fields: [...document.querySelectorAll('input')].map(field => field.value),
  }))
  expect(seen.cookie).toBe('')
  // Only that the first steps were done already.
  expect(Object.keys(seen.local).filter(name => name !== 'latchkey.checklist')).toEqual([])
  expect(JSON.stringify(seen)).not.toContain(latchkey.token)
  expect(JSON.stringify(seen)).not.toContain(cookies[0]?.value)
})

test('who reloads stays signed in, until they sign out', async ({ page, latchkey }) => {
  await page.goto('/')
  await signIn(page, latchkey.token)
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()

  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByLabel('Admin token')).toBeFocused()
  expect(await page.context().cookies()).toEqual([])
  await page.reload()
  await expect(page.getByLabel('Admin token')).toBeVisible()
})

test('a deep link leads to its page after the sign-in, with its filters', async ({ page, latchkey }) => {
  await page.goto('/connections?q=demo')
  await signIn(page, latchkey.token)
  await expect(page.getByRole('heading', { level: 1, name: 'Connections' })).toBeVisible()
  await expect(page).toHaveURL('/connections?q=demo')
})

test('a session that is ended elsewhere asks for the token in place', async ({ page, latchkey }) => {
  await page.goto('/secrets')
  await signIn(page, latchkey.token)
  await expect(page.getByRole('heading', { level: 1, name: 'Secrets' })).toBeVisible()
  // Another window with the same cookie signs out.
  const ended = await page.context().request.delete('/session', {
    headers: { Origin: latchkey.url, 'Latchkey-Request': '1' },
  })
  expect(ended.status()).toBe(204)

  await page.getByRole('link', { name: 'Connections' }).click()
  await expect(page.getByLabel('Admin token')).toBeVisible()
  await signIn(page, latchkey.token)
  await expect(page.getByRole('heading', { level: 1, name: 'Connections' })).toBeVisible()
  await expect(page).toHaveURL('/connections')
})
