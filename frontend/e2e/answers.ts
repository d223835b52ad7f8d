// Answers that a healthy server would not give, put in its place for one page.
import type { Route } from '@playwright/test'
import type { Page } from './latchkey'

/** The name of the operation that a request asks for. */
export function operationOf(route: Route): string {
  const { query = '' } = (route.request().postDataJSON() ?? {}) as { query?: string }
  return /(?:query|mutation|subscription)\s+(\w+)/.exec(query)?.[1] ?? ''
}

/** Answers every query of a page in the server's place, but for who is signed in. Mutations still reach the server. */
async function intercept(page: Page, answer: (route: Route) => Promise<void>): Promise<void> {
  await page.route('**/graphql', async route => {
    const text = route.request().postData() ?? ''
    if (operationOf(route) === 'Viewer' || text.includes('mutation ')) await route.fallback()
    else await answer(route)
  })
}

/** Lets no query be answered until what it returns is called. */
export async function holdQueries(page: Page): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await intercept(page, async route => {
    await released
    await route.fallback()
  })
  return release
}

/** Every query fails on the server. */
export async function breakQueries(page: Page): Promise<void> {
  await intercept(page, route =>
    route.fulfill({
      status: 500,
      headers: { 'x-request-id': 'e2e-request' },
      json: { errors: [{ message: 'Something went wrong here.', extensions: { code: 'INTERNAL' } }] },
    }),
  )
}

/** Every query is refused for want of a permission. */
export async function forbidQueries(page: Page, permission: string): Promise<void> {
  await intercept(page, route =>
    route.fulfill({
      json: {
        data: null,
        errors: [{ message: `needs the permission ${permission}`, path: ['x'], extensions: { code: 'FORBIDDEN' } }],
      },
    }),
  )
}

/** No query gets any answer. */
export async function cutQueries(page: Page): Promise<void> {
  await intercept(page, route => route.abort('connectionrefused'))
}
