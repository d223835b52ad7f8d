import * as data from './data'
import { TOKEN_PREFIX } from './issuer'
import { expect, type Page, signIn, test } from './latchkey'
import { expectPageWithout, Received } from './leaks'
import { places, settled, visit } from './pages'

const IMAGE = '<img src=x onerror=window.pwned=1>'
const SCRIPT = '<script>window.pwned=1</script>'

// The fixtures see to the rest: no page breaks its policy, writes an error to the console, or asks anybody else for anything.
test('what looks like markup stays text, wherever it comes from', async ({ page, latchkey, issuer }) => {
  issuer.script('markup', {
    refusal: {
      status: 400,
      body: {
        error: 'invalid_client',
        error_description: `${IMAGE} said the issuer`,
        error_uri: 'javascript:alert(1)',
      },
    },
  })
  await data.createSecret(latchkey, 'markup-secret', 'any', `${IMAGE} secret`)
  await data.createConnection(latchkey, {
    key: 'markup',
    displayName: `${IMAGE} connection`,
    description: SCRIPT,
    labels: [SCRIPT],
    accessTokenUrl: issuer.tokenUrl,
    secret: 'markup-secret',
    parameters: [{ name: IMAGE, value: SCRIPT }],
  })
  await data.updateConnection(latchkey, 'markup', { description: IMAGE, reason: SCRIPT })
  await data.createTask(latchkey, {
    key: 'markup',
    displayName: `${SCRIPT} task`,
    endpoint: IMAGE,
    url: issuer.api('ok'),
    connection: 'markup',
  })
  await data.testConnection(latchkey, 'markup')
  const exchange = await data.execute(latchkey, 'markup', issuer.api('ok'))
  await data.retryTokenRequest(latchkey, 'markup')

  const seen: [path: string, text: string][] = [
    ['/connections', `${IMAGE} connection`],
    ['/connections', SCRIPT],
    ['/connections/markup', `${IMAGE} connection`],
    ['/connections/markup/history', SCRIPT],
    ['/tasks', `${SCRIPT} task`],
    ['/tasks', IMAGE],
    ['/tasks/markup', `${SCRIPT} task`],
    ['/secrets', `${IMAGE} secret`],
    ['/secrets?key=markup-secret', `${IMAGE} connection`],
  ]
  for (const [path, text] of seen) {
    await page.goto(path)
    await expect(page.getByText(text).first(), path).toBeVisible()
  }
  for (const path of [
    '/',
    '/connections/markup/configuration',
    '/connections/markup/usage',
    `/requests/${exchange}`,
    '/audit',
  ])
    await visit(page, { path, heading: /./ })

  await page.goto('/failures?connection=%5B%22markup%22%5D')
  await page.locator('[data-row]').getByRole('link').first().click()
  const drawer = page.getByRole('dialog')
  await expect(drawer).toContainText(`${IMAGE} said the issuer`)
  await expect(drawer.locator('a[href^="javascript"]')).toHaveCount(0)
  await page.goto('/audit?q=target:markup')
  await page.locator('[data-row]').getByRole('link').first().click()
  await expect(drawer).toContainText('window.pwned')

  await page.keyboard.press('Escape')
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('dialog', { name: 'Search and commands' }).getByRole('combobox').fill('window.pwned')
  await expect(page.getByRole('option').filter({ hasText: IMAGE }).first()).toBeVisible()
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false)
})

test('every page is clean: no error, no breach of the policy, no third party', async ({ page, furnished, faults }) => {
  for (const place of places(furnished)) {
    await visit(page, place)
    expect(faults.unexpected, place.name).toEqual([])
  }
  const policy = (await page.request.get('/')).headers()['content-security-policy']
  expect(policy).toContain("default-src 'self'")
  expect(policy).not.toContain('unsafe')
})

test.describe('with a session that begins in the page', () => {
  test.use({ signedIn: false, install: 'own', permissions: ['clipboard-read', 'clipboard-write'] })

  test('no secret and no token is ever in a page, its storage, its address, or an answer', async ({
    context,
    latchkey,
    issuer,
    faults,
  }) => {
    faults.expect(/status of 401/)
    const received = Received.by(context)
    const page = await context.newPage()
    const first = 'kT9-the-first-client-secret'
    const second = 'kT9-the-second-client-secret'
    issuer.script('watched', { secret: first })
    const needles = [
      first,
      second,
      TOKEN_PREFIX,
      latchkey.token,
      ...[first, second].map(secret => btoa(`watched:${secret}`)),
    ]
    const look = (at: string) => expectPageWithout(page, needles, at)

    await page.goto('/')
    await signIn(page, latchkey.token)
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    await look('signed in')

    await page.goto('/secrets?new=true')
    const asking = page.getByRole('dialog', { name: 'New secret' })
    await asking.getByLabel('Display Name').fill('Watched')
    await asking.getByRole('textbox', { name: 'Value' }).fill(first)
    await asking.getByRole('button', { name: 'Store secret' }).click()
    await expect(page.getByRole('dialog', { name: 'Watched' })).toBeVisible()
    await look('secret stored')

    await page.goto('/connections/new')
    await page.getByLabel('Display Name').fill('Watched')
    await page.getByLabel('Client ID', { exact: true }).fill('watched')
    await page.getByLabel('Access Token URL').last().fill(issuer.tokenUrl)
    await page.getByRole('combobox', { name: 'Secret' }).fill('Watched')
    await page
      .getByRole('option', { name: /Watched/ })
      .first()
      .click()
    await page.getByLabel(/^Base URL/).fill(issuer.api(''))
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await expect(page.getByRole('list', { name: 'Steps' })).toContainText('a Bearer token')
    await look('draft tested')
    await page.getByRole('button', { name: 'Save connection' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Watched' })).toBeVisible()

    await page.goto('/requests?connection=watched')
    await page.getByLabel('URL').fill(issuer.api('ok'))
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    const result = page.getByRole('region', { name: 'Result' })
    await expect(result).toContainText('200')
    await look('request made')

    await page.goto('/secrets?key=watched')
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('textbox', { name: 'New value' }).fill(second)
    await page.getByRole('form', { name: 'Rotate' }).getByRole('button', { name: 'Rotate' }).click()
    await expect(page.getByRole('form', { name: 'Rotate' })).toHaveCount(0)
    await look('secret rotated')
    await data.execute(latchkey, 'watched', issuer.api('ok'))

    await visitAll(page, look)
    await received.expectWithout(needles)
  })
})

/** Looks at every page that tells of the connection `watched`. */
async function visitAll(page: Page, look: (at: string) => Promise<void>): Promise<void> {
  const paths = ['', '/configuration', '/usage', '/history'].map(tab => `/connections/watched${tab}`)
  for (const path of [
    '/',
    '/connections',
    ...paths,
    '/tasks',
    '/requests',
    '/failures',
    '/secrets',
    '/audit',
    '/settings',
  ]) {
    await visit(page, { path, heading: /./ })
    await look(path)
  }
  for (const path of ['/failures', '/audit']) {
    await page.goto(path)
    await page.locator('[data-row]').getByRole('link').first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await settled(page)
    await look(`drawer of ${path}`)
  }
}
