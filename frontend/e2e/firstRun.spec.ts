// The flow that everything else is there for: from an empty installation to the first green request, to a failure that
// somebody else sees at once, and to its end.
import { DEMO_CLIENT, demoSecret } from './demo'
import { expect, type Page, test } from './latchkey'

const WHOLE_MS_MAX = 180_000
const INTERACTIONS_MAX = 12
const SEEN_ELSEWHERE_MS_MAX = 500

test.use({ install: 'empty', signedIn: false, permissions: ['clipboard-read', 'clipboard-write'] })

/** Does what a person does, and counts it. */
class Person {
  interactions = 0

  constructor(private readonly page: Page) {}

  async click(role: 'button' | 'link', name: string): Promise<void> {
    this.interactions += 1
    await this.page.getByRole(role, { name, exact: true }).click()
  }

  /** Typing or pasting a whole value is one interaction. */
  async fill(label: string, text: string): Promise<void> {
    this.interactions += 1
    await this.page.getByLabel(label, { exact: true }).last().fill(text)
  }

  async paste(label: string, text: string): Promise<void> {
    this.interactions += 1
    await this.page.getByLabel(label, { exact: true }).focus()
    await this.page.evaluate(pasted => navigator.clipboard.writeText(pasted), text)
    await this.page.keyboard.press('ControlOrMeta+v')
  }
}

/** Remembers when a text first stood in a row of a table. */
async function watchFor(page: Page, text: string): Promise<() => Promise<number>> {
  await page.evaluate(wanted => {
    const seen = () => [...document.querySelectorAll('[data-row]')].some(row => row.textContent?.includes(wanted))
    const observer = new MutationObserver(() => {
      if (!seen()) return
      document.body.dataset.seenAt = String(Date.now())
      observer.disconnect()
    })
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
  }, text)
  return async () => {
    await expect(page.locator('body[data-seen-at]')).toBeAttached()
    return page.evaluate(() => Number(document.body.dataset.seenAt))
  }
}

/** Sends what is in the console; gives the moment at which the whole answer was there. */
async function send(page: Page, person: Person): Promise<number> {
  const answered = page.waitForResponse(response => {
    return response.request().postData()?.includes('executeHttpRequest') ?? false
  })
  await person.click('button', 'Send')
  await (await answered).finished()
  const { startTime, responseEnd } = (await answered).request().timing()
  return startTime + responseEnd
}

/** Gives a secret a new value. */
async function rotate(page: Page, person: Person, value: string): Promise<void> {
  await person.click('link', 'Secrets')
  await person.click('link', 'My first connection: Client Secret')
  await person.click('button', 'Rotate')
  await person.fill('New value', value)
  await page.getByRole('form', { name: 'Rotate' }).getByRole('button', { name: 'Rotate' }).click()
  await expect(page.getByRole('form', { name: 'Rotate' })).toHaveCount(0)
  await page.keyboard.press('Escape')
}

test('from an empty installation to a mended failure', async ({ page, latchkey, shared, anotherBrowser, faults }) => {
  test.setTimeout(WHOLE_MS_MAX)
  faults.expect(/status of 401/)
  const begun = Date.now()
  const secret = await demoSecret(shared)
  const api = `${shared.demoIssuer}/api/hello`
  const person = new Person(page)
  const result = page.getByRole('region', { name: 'Result' })

  // The token was printed once, when the server started for the first time.
  await page.goto('/')
  await person.paste('Admin token', latchkey.token)
  await person.click('button', 'Sign in')
  await expect(page.getByRole('region', { name: 'First steps' })).toContainText('0 of 5 done')

  await person.click('link', 'Store it with its connection')
  await person.fill('Display Name', 'My first connection')
  await person.fill('Client ID', DEMO_CLIENT)
  await person.fill('Access Token URL', `${shared.demoIssuer}/token`)
  await person.fill('Client Secret', secret)
  await person.fill('Base URL optional', api)
  await person.click('button', 'Test')
  const steps = page.getByRole('list', { name: 'Steps' }).getByRole('listitem')
  for (const step of ['Secret', 'Address', 'Connect', 'Request', 'Response', 'Token'])
    await expect(steps.filter({ hasText: new RegExp(`^${step} (Passed|Warning)`) })).toHaveCount(1)
  // An issuer on loopback has no TLS, and a client secret signs nothing.
  for (const step of ['Assertion', 'TLS'])
    await expect(steps.filter({ hasText: new RegExp(`^${step} Skipped`) })).toHaveCount(1)
  await person.click('button', 'Save connection')
  await person.click('link', 'Send a request')
  await expect(page.getByLabel('URL')).toHaveValue(api)
  await send(page, person)
  await expect(result).toContainText('200')
  await expect(result).toContainText('Fetched')
  expect(person.interactions).toBeLessThanOrEqual(INTERACTIONS_MAX)

  await send(page, person)
  await expect(result).toContainText('From the cache')
  const console = page.url()
  await page.goto('/connections/my-first-connection/usage')
  const figure = (chart: string, name: string) =>
    page.getByRole('figure', { name: chart }).getByRole('listitem').filter({ hasText: name })
  await expect(figure('Requests and failures', 'Requests')).toHaveText('Requests2')
  await expect(figure('Tokens', 'Token requests')).toHaveText('Token requests1')
  await expect(figure('Tokens', 'From the cache')).toHaveText('From the cache1')

  // Somebody else looks at the failures while the wrong value is stored.
  const other = await anotherBrowser()
  await other.goto('/failures')
  await expect(other.getByText('Live', { exact: true })).toBeVisible()
  await expect(other.getByText(/Nothing has failed since/)).toBeVisible()
  await rotate(page, person, 'not what the issuer knows')
  await page.goto(console)
  const seenAt = await watchFor(other, 'my-first-connection')
  const answeredAt = await send(page, person)
  const late = (await seenAt()) - answeredAt
  expect(late).toBeLessThanOrEqual(SEEN_ELSEWHERE_MS_MAX)
  await expect(result.getByRole('alert')).toContainText('invalid_client')

  await other.locator('[data-row]').getByRole('link').first().click()
  const drawer = other.getByRole('dialog')
  await expect(drawer).toContainText('Check Client ID and Secret Configuration')
  await drawer.getByRole('link', { name: 'Open the connection at this field' }).click()
  await expect(other.getByText('Look here first: the failure points at this field.')).toBeVisible()
  await expect(other.getByLabel('Method')).toHaveValue('clientSecret')

  await rotate(page, person, secret)
  await page.goto(console)
  await send(page, person)
  await expect(result).toContainText('200')
  await page.goto('/connections/my-first-connection')
  await expect(page.getByText('Authorised', { exact: true })).toBeVisible()

  await page.goto('/audit?q=type:secret.*')
  const events = page.getByRole('table', { name: 'Events' }).locator('[data-row]')
  await expect(events).toHaveText([/Secret rotated/, /Secret rotated/, /Secret created/])
  expect(Date.now() - begun).toBeLessThanOrEqual(WHOLE_MS_MAX)
})
