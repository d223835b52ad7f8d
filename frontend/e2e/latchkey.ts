// The fixtures of all browser tests: a server, a scripted issuer beside it, and pages that are signed in and watched.
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import { Faults } from './faults'
import { type Furnished, furnish } from './furnish'
import { Issuer } from './issuer'
import { Latchkey } from './server'

export type { Page } from '@playwright/test'
export { expect } from '@playwright/test'
export type { Issuer } from './issuer'
export type { Latchkey } from './server'

type Options = {
  /**
   * `shared`: one server for all tests of a worker, with the demo. `own`: one with the demo for this test alone, which may
   * stop it. `empty`: the same without the demo, so that nothing is there.
   */
  install: 'shared' | 'own' | 'empty'
  /** Whether pages begin with a session. */
  signedIn: boolean
}

type TestFixtures = Options & {
  latchkey: Latchkey
  faults: Faults
  /** One more browser, with its own cookies and storage; signed in as `page` is. */
  anotherBrowser: () => Promise<Page>
}

type WorkerFixtures = {
  issuer: Issuer
  shared: Latchkey
  /** What the shared server is filled with, once a worker, for whoever names it. */
  furnished: Furnished
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  install: ['shared', { option: true }],
  signedIn: [true, { option: true }],

  issuer: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern what a fixture needs
    async ({}, use) => {
      const issuer = await Issuer.start()
      await use(issuer)
      await issuer.stop()
    },
    { scope: 'worker' },
  ],

  shared: [
    async ({ issuer }, use) => {
      const latchkey = await Latchkey.boot({ demo: true, allow: [issuer.host] })
      await use(latchkey)
      await latchkey.remove()
    },
    { scope: 'worker' },
  ],

  furnished: [async ({ shared, issuer }, use) => use(await furnish(shared, issuer)), { scope: 'worker' }],

  latchkey: async ({ install, issuer, shared }, use, info) => {
    const allow = [issuer.host, new URL(shared.demoIssuer).host]
    const latchkey = install === 'shared' ? shared : await Latchkey.boot({ demo: install === 'own', allow })
    await use(latchkey)
    if (info.status !== info.expectedStatus) await info.attach('server.log', { body: latchkey.log })
    if (install !== 'shared') await latchkey.remove()
  },

  baseURL: async ({ latchkey }, use) => use(latchkey.url),

  faults: async ({ latchkey: _ }, use) => {
    const faults = new Faults()
    await use(faults)
    expect(faults.unexpected).toEqual([])
  },

  context: async ({ context, latchkey, faults, signedIn }, use) => {
    await faults.watch(context, latchkey.url)
    if (signedIn) await signInByCookie(context, latchkey)
    await use(context)
  },

  anotherBrowser: async ({ browser, latchkey, faults, contextOptions: _ }, use) => {
    const contexts: BrowserContext[] = []
    await use(async () => {
      const context = await browser.newContext({ baseURL: latchkey.url })
      contexts.push(context)
      await faults.watch(context, latchkey.url)
      await signInByCookie(context, latchkey)
      return context.newPage()
    })
    for (const context of contexts) await context.close()
  },
})

/** Signs a browser in without the sign-in page: what that page does has a test of its own. */
async function signInByCookie(context: BrowserContext, latchkey: Latchkey): Promise<void> {
  const answer = await context.request.post(`${latchkey.url}/session`, {
    headers: { Origin: latchkey.url, 'Latchkey-Request': '1' },
    data: { token: latchkey.token },
  })
  expect(answer.status()).toBe(204)
}

/** Signs in as a person does, by pasting the token. */
export async function signIn(page: Page, token: string): Promise<void> {
  const field = page.getByLabel('Admin token')
  await field.focus()
  await page.evaluate(text => navigator.clipboard.writeText(text), token)
  await page.keyboard.press('ControlOrMeta+v')
  await page.getByRole('button', { name: 'Sign in' }).click()
}
