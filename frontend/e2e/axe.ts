// axe-core in the page, for WCAG 2.2 A and AA.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { expect, type Page } from './latchkey'

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Expects no violation in what is on the page now; `what` says what that is. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  // What fades in has less contrast on its way.
  await page.evaluate(() => {
    for (const animation of document.getAnimations())
      if (animation.effect?.getComputedTiming().endTime !== Infinity) animation.finish()
  })
  // By the debugger's own way in: the page's policy lets no script through.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await source)
  const violations = await page.evaluate(async tags => {
    const { axe } = window as unknown as { axe: { run: (context: Document, options: object) => Promise<AxeResults> } }
    const results = await axe.run(document, { runOnly: tags, resultTypes: ['violations'] })
    return results.violations.map(({ id, help, nodes }) => ({
      rule: `${id}: ${help}`,
      at: nodes.map(node => `${node.target.join(' ')} ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`),
    }))
  }, TAGS)
  expect(violations, what).toEqual([])
}
