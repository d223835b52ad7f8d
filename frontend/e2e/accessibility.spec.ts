import { breakQueries } from './answers'
import { expectAccessible } from './axe'
import { expect, type Page, test } from './latchkey'
import { places, settled, visit } from './pages'

// Each worker takes some of them.
test.describe.configure({ mode: 'parallel' })

const THEMES = ['light', 'dark'] as const

/** Looks at what is there in both themes. */
async function look(page: Page, what: string): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    // Colours are computed anew with the next frame, and are there with the one after it.
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
    await expectAccessible(page, `${what}, ${theme}`)
  }
}

test('every page with data', async ({ page, furnished }) => {
  for (const place of places(furnished)) {
    await visit(page, place)
    await look(page, place.name)
  }
})

test('every page that failed', async ({ page, furnished, faults }) => {
  faults.expect(/status of 500/)
  await breakQueries(page)
  for (const place of places(furnished).filter(place => place.asks)) {
    await page.goto(place.path)
    await expect(page.getByRole('alert').first()).toBeVisible()
    await look(page, `${place.name}, failed`)
  }
})

test.describe('with nothing there', () => {
  test.use({ install: 'empty' })

  test('every page that is empty', async ({ page }) => {
    for (const path of ['/', '/connections', '/tasks', '/requests', '/failures', '/secrets', '/audit', '/nowhere']) {
      await page.goto(path)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await settled(page)
      await look(page, `${path}, empty`)
    }
  })
})

test.describe('signed out', () => {
  test.use({ signedIn: false })

  test('the sign-in', async ({ page, faults }) => {
    faults.expect(/status of 401/)
    await page.goto('/')
    await expect(page.getByLabel('Admin token')).toBeVisible()
    await look(page, 'sign-in')
    await page.getByLabel('Admin token').fill('wrong')
    await page.keyboard.press('Enter')
    await expect(page.getByText('This token is not the right one.')).toBeVisible()
    await look(page, 'sign-in, refused')
  })
})

test('at 400 % zoom, which is 320 pixels, no page scrolls in two directions', async ({ page, furnished }) => {
  await page.setViewportSize({ width: 320, height: 640 })
  for (const place of places(furnished)) {
    await visit(page, place)
    // What scrolls by itself, as a table may, does not count; the page itself must not.
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement
      if (scrollWidth <= clientWidth) return []
      return [...document.querySelectorAll('body *')]
        .filter(element => element.getBoundingClientRect().right > clientWidth + 1)
        .slice(0, 3)
        .map(element => element.outerHTML.slice(0, 150))
    })
    expect.soft(wide, place.name).toEqual([])
  }
})

test('the focus goes through every page in order, and is never hidden', async ({ page, furnished }) => {
  for (const place of places(furnished)) {
    await visit(page, place)
    expect(await page.locator('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').count(), place.name).toBe(0)
    const hidden: string[] = []
    const start = await page.evaluate(() => document.querySelectorAll('a, button, input, select, textarea').length)
    for (let step = 0; step < Math.min(start, 40); step += 1) {
      await page.keyboard.press('Tab')
      const found = await page.evaluate(() => {
        const focused = document.activeElement
        if (!focused || focused === document.body) return 'end'
        const box = focused.getBoundingClientRect()
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
        const top = document.elementFromPoint(x, y)
        const seen = top !== null && (focused.contains(top) || top.contains(focused))
        // A tall one, such as a table's own box, is seen when its top is.
        return seen || box.height > innerHeight ? null : focused.outerHTML.slice(0, 150)
      })
      if (found === 'end') break
      if (found) hidden.push(found)
    }
    expect.soft(hidden, place.name).toEqual([])
  }
})
