import { breakQueries, cutQueries, forbidQueries, holdQueries } from './answers'
import type { Furnished } from './furnish'
import { expect, test } from './latchkey'
import { type Place, places, settled } from './pages'

const asking = (there: Furnished): Place[] => places(there).filter(place => place.asks)

test('every page says that it is loading, and then shows its data', async ({ page, furnished }) => {
  const release = await holdQueries(page)
  for (const place of asking(furnished)) {
    await page.goto(place.path)
    await expect(page.getByRole('status', { name: 'Loading' }).first(), place.name).toBeVisible()
  }
  release()
  await settled(page)
})

test('every page says with its code what went wrong, and tries again', async ({ page, faults, furnished }) => {
  faults.expect(/status of 500/)
  await breakQueries(page)
  for (const place of asking(furnished)) {
    await page.goto(place.path)
    const alert = page.getByRole('alert').filter({ hasText: 'INTERNAL' }).first()
    await expect(alert, place.name).toContainText('Something went wrong here.')
    await expect(alert, place.name).toContainText('e2e-request')
  }
  await page.unrouteAll()
  await page.goto('/connections')
  await settled(page)
})

test('every page that gets no answer says so', async ({ page, faults, furnished }) => {
  faults.expect(/ERR_CONNECTION_REFUSED/)
  await cutQueries(page)
  for (const place of asking(furnished)) {
    await page.goto(place.path)
    await expect(page.getByRole('alert').first(), place.name).toContainText('The server did not answer')
  }
})

test('every page names the permission that is missing', async ({ page, furnished }) => {
  await forbidQueries(page, 'list:Connection')
  for (const place of asking(furnished)) {
    await page.goto(place.path)
    await expect(page.getByRole('alert').first(), place.name).toContainText('list:Connection')
  }
})

test('trying again shows the data when the server is well again', async ({ page, faults, furnished: _ }) => {
  faults.expect(/status of 500/)
  await breakQueries(page)
  await page.goto('/connections')
  const retry = page.getByRole('button', { name: 'Try again' }).first()
  await expect(retry).toBeVisible()
  await page.unrouteAll()
  await retry.click()
  await expect(page.getByRole('link', { name: 'Shop orders' })).toBeVisible()
})
