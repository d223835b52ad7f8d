import { createSecret } from './data'
import { expect, type Page, test } from './latchkey'

/** Puts a text into the editor as a paste would, and runs it. */
async function run(page: Page, text: string): Promise<void> {
  await page.locator('.graphiql-query-editor .CodeMirror').click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(text)
  await page.keyboard.press('ControlOrMeta+Enter')
}

test('runs a query and a subscription with the session', async ({ page, latchkey }) => {
  await page.goto('/graphiql')
  const answer = page.locator('.result-window')
  await run(page, '{ viewer { permissions } }')
  await expect(answer).toContainText('list:Connection')
  await run(page, 'subscription { auditEvents { ... on AuditEventEdge { node { type target { id } } } } }')
  await expect(page.getByRole('button', { name: /stop/i })).toBeVisible()
  await createSecret(latchkey, 'seen-in-graphiql', 'any')
  await expect(answer).toContainText('seen-in-graphiql')
})
