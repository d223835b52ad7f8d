import { createConnection, createSecret, createTask } from './data'
import { expect, type Issuer, type Latchkey, test } from './latchkey'
import { visit } from './pages'

const TASKS = { path: '/tasks', heading: 'HTTP Request Tasks' }

async function connect(latchkey: Latchkey, issuer: Issuer, key: string): Promise<void> {
  await createSecret(latchkey, `${key}-secret`, 'any')
  await createConnection(latchkey, {
    key,
    displayName: `For ${key}`,
    accessTokenUrl: issuer.tokenUrl,
    secret: `${key}-secret`,
  })
}

test('a task is written, saved and run with its variables', async ({ page, latchkey, issuer }) => {
  await connect(latchkey, issuer, 'tasked')
  await visit(page, TASKS)
  await page.keyboard.press('c')
  await expect(page.getByRole('heading', { level: 1, name: 'New HTTP Request Task' })).toBeVisible()
  await page.getByLabel('Display Name').fill('Find an order')
  await expect(page.getByLabel('Key', { exact: true })).toHaveValue('find-an-order')
  await page.getByLabel('Endpoint').fill('Orders')
  await page.getByLabel('URL').fill(issuer.api('orders/{{number}}'))
  await expect(page.getByRole('list', { name: 'Variables' })).toContainText('number')
  await page.getByRole('tab', { name: 'Authorisation' }).click()
  await page.getByRole('combobox', { name: 'Connection' }).fill('tasked')
  await page.getByRole('option', { name: 'For tasked' }).click()
  await page.getByRole('button', { name: 'Save task' }).click()
  await expect(page).toHaveURL('/tasks/find-an-order')

  await page.keyboard.press('r')
  const run = page.getByRole('dialog', { name: 'Run Find an order' })
  await run.getByLabel('number', { exact: true }).fill('42')
  await page.keyboard.press('ControlOrMeta+Enter')
  const result = run.getByRole('region', { name: 'Result' })
  await expect(result).toContainText('200')
  await expect(result).toContainText('/api/orders/42')
  await page.keyboard.press('Escape')

  await page.getByRole('tab', { name: 'Usage Data' }).click()
  await expect(page.getByRole('figure', { name: 'Requests and failures' }).getByRole('listitem').first()).toContainText(
    '1',
  )
  await page.goto('/tasks')
  const row = page.getByRole('row').filter({ hasText: 'Find an order' })
  await expect(row).toContainText('For tasked')
  await expect(page.getByRole('rowheader', { name: 'Orders' })).toBeVisible()
})

test('what is missing is shown on its tab, which comes to the front', async ({ page, issuer }) => {
  await visit(page, { path: '/tasks/new', heading: 'New HTTP Request Task' })
  await page.getByLabel('Display Name').fill('Without a connection')
  await page.getByLabel('URL').fill(issuer.api('ok'))
  await page.getByRole('button', { name: 'Save task' }).click()
  await expect(page.getByText('Choose a connection, or the Auth Type None.')).toBeVisible()
  await expect(page.getByRole('tab', { name: /Authorisation/ })).toHaveAttribute('aria-selected', 'true')
})

test('two who edit at once: the later one decides', async ({ page, latchkey, issuer }) => {
  await connect(latchkey, issuer, 'shared-task')
  await createTask(latchkey, {
    key: 'shared',
    displayName: 'Shared',
    url: issuer.api('a'),
    connection: 'shared-task',
  })
  await visit(page, { path: '/tasks/shared', heading: 'Shared' })
  await page.getByLabel('Endpoint').fill('Mine')
  await latchkey.query(
    'mutation { updateHttpRequestTask(input: { key: "shared", expectedVersion: 1, displayName: "Theirs" }) { userErrors { message } } }',
  )
  await page.getByRole('button', { name: 'Save task' }).click()
  await expect(page.getByText('Somebody has changed the task meanwhile')).toBeVisible()
  await page.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Theirs' })).toBeVisible()
  const { task } = await latchkey.query<{ task: unknown }>(
    '{ task: httpRequestTask(key: "shared") { displayName endpoint } }',
  )
  expect(task).toEqual({ displayName: 'Theirs', endpoint: 'Mine' })
})

test('tasks are found by a filter and deleted after a question', async ({ page, latchkey, issuer }) => {
  await connect(latchkey, issuer, 'deleted-task')
  await createTask(latchkey, {
    key: 'unwanted',
    displayName: 'Unwanted',
    url: issuer.api('a'),
    connection: 'deleted-task',
  })
  await visit(page, TASKS)
  await page.keyboard.press('/')
  await page.keyboard.type('unwanted')
  await expect(page.getByRole('table', { name: 'HTTP Request Tasks' }).locator('[data-row]')).toHaveCount(1)
  await page.getByRole('link', { name: 'Unwanted' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog', { name: 'Delete Unwanted?' }).getByRole('button', { name: 'Delete' }).click()
  await expect(page).toHaveURL('/tasks')
  await expect(page.getByRole('link', { name: 'Unwanted' })).toHaveCount(0)
})

test.describe('with nothing there', () => {
  test.use({ install: 'empty' })

  test('the list says what a task is, and the same for a terminal', async ({ page }) => {
    await visit(page, TASKS)
    await expect(page.getByText(/There are no tasks yet/)).toBeVisible()
    await expect(page.getByText('createHttpRequestTask')).toBeVisible()
  })
})
