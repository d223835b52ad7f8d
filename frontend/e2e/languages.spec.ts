import type { BrowserContext } from '@playwright/test'
import { expect, type Page, test } from './latchkey'
import { places, settled, visit } from './pages'

/** Everything that a server says as values; names of fields and of types are the API's own. */
class ServerTexts {
  private readonly pending: Promise<void>[] = []
  private readonly texts = new Set<string>()

  constructor(context: BrowserContext) {
    context.on('response', response => {
      if (!response.url().endsWith('/graphql')) return
      this.pending.push(
        response.json().then(
          body => this.add(body),
          () => {},
        ),
      )
    })
    context.on('page', page =>
      page.on('websocket', socket =>
        socket.on('framereceived', frame => this.add(JSON.parse(frame.payload.toString()))),
      ),
    )
  }

  async all(): Promise<string[]> {
    await Promise.all(this.pending)
    return [...this.texts]
  }

  private add(value: unknown): void {
    if (typeof value === 'string') this.texts.add(value)
    else if (typeof value === 'object' && value !== null)
      for (const [name, part] of Object.entries(value)) if (name !== '__typename') this.add(part)
  }
}

/**
 * The visible and spoken texts that have Latin letters in a row. The pseudo-locale has an accent on every letter of what was
 * translated, so these were not. Texts for machines and times are marked as such.
 */
function latinTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const machine = '[translate="no"], code, pre, kbd, samp, time, script, style, .font-mono, svg'
    const texts: string[] = []
    const add = (text: string | null) => {
      if (text && /[A-Za-z]{2,}/.test(text)) texts.push(text.trim())
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement
      if (parent && !parent.closest(machine) && parent.checkVisibility()) add(node.textContent)
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
      if (element.closest(machine)) continue
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) add(element.getAttribute(name))
    }
    return texts
  })
}

/** Names that are the same in every language, and units of measurement. */
const NAMES =
  /\b(?:Latchkey|GraphiQL|GraphQL|URL|JSON|Base64|HTTP|PEM|JWK|DPoP|OAuth|Apache License|ms|secs?|mins?|kB|MB|bytes?|hrs?|days?)\b/g
/** A status of HTTP with its reason phrase (RFC 9110 section 15). */
const STATUS = /\b[1-5]\d\d [A-Z][A-Za-z' -]+/g
/** The pseudo-locale writes dates as British English does. */
const MONTH = /\b\d\d? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b/g

/** What is neither the server's word, nor part of an identifier of its, nor a name. */
function untranslated(texts: string[], said: string[]): string[] {
  const sorted = said.filter(part => part.length > 1).sort((a, b) => b.length - a.length)
  return texts.filter(text => {
    let rest = text.replaceAll(STATUS, ' ').replaceAll(MONTH, ' ')
    for (const part of sorted) rest = rest.replaceAll(part, ' ')
    const words = rest.replaceAll(NAMES, ' ').match(/[A-Za-z]{2,}/g) ?? []
    return words.some(word => !sorted.some(part => !/\s/.test(part) && part.includes(word)))
  })
}

const PHONE = { width: 390, height: 800 }
const DESK = { width: 1280, height: 860 }

test.describe('in the pseudo-locale', () => {
  test.beforeEach(async ({ context }) => {
    await context.addInitScript(() => {
      // Also called for the blank page before the first one, which has no storage.
      if (location.protocol === 'http:') localStorage.setItem('latchkey.locale', 'pseudo')
    })
  })

  test('nothing of any page is untranslated', async ({ context, furnished }) => {
    const server = new ServerTexts(context)
    const page = await context.newPage()
    for (const place of places(furnished)) {
      await page.goto(place.path)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expect(page.locator('.skeleton')).toHaveCount(0)
      expect.soft(untranslated(await latinTexts(page), await server.all()), place.name).toEqual([])
    }
  })

  test('pages are written from right to left and no wider than the window', async ({ page, furnished }) => {
    for (const size of [DESK, PHONE]) {
      await page.setViewportSize(size)
      for (const place of places(furnished)) {
        await page.goto(place.path)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expect(page.locator('.skeleton')).toHaveCount(0)
        expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl')
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect.soft(overflow, `${place.name} at ${size.width}`).toBe(0)
      }
    }
  })
})

test('the American English says Authorization, the British one Authorisation', async ({ page, furnished }) => {
  const task = `/tasks/${furnished.task}`
  await visit(page, { path: task, heading: 'New orders' })
  await expect(page.getByText('Authorisation').first()).toBeVisible()
  await page.evaluate(() => localStorage.setItem('latchkey.locale', 'en-US'))
  await page.reload()
  await expect(page.getByText('Authorization').first()).toBeVisible()
  await expect(page.getByText('Authorisation')).toHaveCount(0)
  await expect(page.locator('html')).toHaveAttribute('lang', 'en-US')
})

test('the language is chosen in the settings and kept', async ({ page }) => {
  await visit(page, { path: '/settings', heading: 'Settings' })
  await page.getByLabel('Language').selectOption('Deutsch')
  await expect(page.getByRole('heading', { level: 1, name: 'Einstellungen' })).toBeVisible()
  await page.goto('/connections')
  await expect(page.getByRole('heading', { level: 1, name: 'Verbindungen' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'de')
  await settled(page)
})

test.describe('in a German browser', () => {
  test.use({ locale: 'de-DE', signedIn: false })

  test('the pages are German from the sign-in on', async ({ page, faults }) => {
    faults.expect(/status of 401/)
    await page.goto('/')
    await expect(page.getByRole('button', { name: 'Anmelden' })).toBeVisible()
  })
})
