// Every page, for tests that hold of all of them.
import type { Furnished } from './furnish'
import { expect, type Page } from './latchkey'

/** A page. */
export type Place = {
  name: string
  path: string
  /** Its `h1`. */
  heading: string | RegExp
  /** Whether it asks the server for what it shows. */
  asks: boolean
}

/** Every page of a furnished installation. */
export function places(there: Furnished): Place[] {
  const connection = `/connections/${there.working}`
  return [
    { name: 'overview', path: '/', heading: 'Overview', asks: true },
    { name: 'connections', path: '/connections', heading: 'Connections', asks: true },
    { name: 'new connection', path: '/connections/new', heading: /new connection|add/i, asks: false },
    { name: 'connection', path: connection, heading: 'Shop orders', asks: true },
    { name: 'configuration', path: `${connection}/configuration`, heading: 'Shop orders', asks: true },
    { name: 'usage data', path: `${connection}/usage`, heading: 'Shop orders', asks: true },
    { name: 'history', path: `${connection}/history`, heading: 'Shop orders', asks: true },
    { name: 'tasks', path: '/tasks', heading: 'HTTP Request Tasks', asks: true },
    { name: 'new task', path: '/tasks/new', heading: /new http request task/i, asks: false },
    { name: 'task', path: `/tasks/${there.task}`, heading: 'New orders', asks: true },
    { name: 'task authorisation', path: `/tasks/${there.task}?tab=authorisation`, heading: 'New orders', asks: true },
    { name: 'task usage', path: `/tasks/${there.task}?tab=usage`, heading: 'New orders', asks: true },
    { name: 'requests', path: '/requests', heading: 'Requests', asks: true },
    { name: 'exchange', path: `/requests/${there.answered}`, heading: /./, asks: true },
    { name: 'failures', path: '/failures', heading: 'Failures', asks: true },
    { name: 'secrets', path: '/secrets', heading: 'Secrets', asks: true },
    { name: 'audit', path: '/audit', heading: 'Audit', asks: true },
    { name: 'settings', path: '/settings', heading: 'Settings', asks: false },
  ]
}

/** Goes to a page and waits until it shows what it has to show. */
export async function visit(page: Page, place: Pick<Place, 'path' | 'heading'>): Promise<void> {
  await page.goto(place.path)
  await expect(page.getByRole('heading', { level: 1, name: place.heading })).toBeVisible()
  await settled(page)
}

/** Waits until nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0)
}
