// What a browser really asks for, and how long it takes. Sizes of files are checked by scripts/budget.mjs.
import { expect, type Page, test } from './latchkey'
import { settled, visit } from './pages'
import { Tail } from './tail'

const REQUESTS_MAX = 6
const FIRST_LOAD_BYTES_MAX = 185_000
const LCP_MS_MAX = 1_200
/**
 * The Overview misses that target: 1.25 to 1.7 s on two cores, because all of its panels are drawn before the failures, its
 * largest text. Until it is mended, this keeps it from getting worse. See docs/web-ui.md.
 */
const OVERVIEW_LCP_MS_MAX = 2_000
const CLS_MAX = 0.02
const INP_MS_MAX = 100
/** Longer ones are "long tasks": the browser can't answer in them. */
const LONG_TASK_MS = 50
/** A slow machine, as far as a fast one can play it. */
const SLOW_DOWN = 4

const TAIL_ROWS = 10_000
const EVENTS_PER_SECOND = 200
const BURST_SECONDS = 60
/** 30 MB in ten minutes. One minute is measured and has to keep within a tenth of it, once the list is full. */
const HEAP_GROWTH_PER_MINUTE_MAX = 3_000_000

type Measured = { lcp: number; cls: number; longest: number; tasks: number[] }
declare global {
  interface Window {
    measured: Measured
  }
}

/** Measures from before the page's first script on. */
async function measure(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const measured: Measured = { lcp: 0, cls: 0, longest: 0, tasks: [] }
    window.measured = measured
    const observe = (type: string, take: (entry: PerformanceEntry) => void, more = {}) =>
      new PerformanceObserver(list => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more })
    observe('largest-contentful-paint', entry => {
      measured.lcp = entry.startTime
    })
    observe('layout-shift', entry => {
      const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean }
      if (!shift.hadRecentInput) measured.cls += shift.value
    })
    observe('longtask', entry => {
      measured.tasks.push(entry.duration)
    })
    observe(
      'event',
      entry => {
        if ((entry as PerformanceEventTiming).interactionId > 0)
          measured.longest = Math.max(measured.longest, entry.duration)
      },
      { durationThreshold: 16 },
    )
  })
}

async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate })
}

/** Two frames later what was done is painted and its entries are told. */
async function painted(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
  )
}

async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number }
  await session.detach()
  return usedSize
}

test('the first load asks for few files before it shows what there is', async ({ page, furnished: _ }) => {
  await measure(page)
  await visit(page, { path: '/', heading: 'Overview' })
  await painted(page)
  // The picture of a chart comes after its page, and the answers of the API are no files.
  const files = await page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .map(entry => entry as PerformanceResourceTiming)
      .filter(({ name, startTime }) => startTime <= window.measured.lcp && !/graphql$|uplot|Plot-|icon/.test(name))
      .map(({ name, encodedBodySize }) => ({ name, encodedBodySize })),
  )
  const list = files.map(({ name }) => name).join('\n')
  expect(files.length, list).toBeLessThanOrEqual(REQUESTS_MAX)
  const bytes = files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX)
})

for (const [name, path, heading] of [
  ['overview', '/', 'Overview'],
  ['list of connections', '/connections', 'Connections'],
  ['failures', '/failures', 'Failures'],
  ['audit', '/audit', 'Audit'],
] as const)
  test(`the ${name} is there soon and stays where it is, on a slow machine`, async ({ page, furnished: _ }) => {
    await measure(page)
    // The first steps are shown once, and how many are done is known only then.
    await page.addInitScript(() => localStorage.setItem('latchkey.checklist', 'dismissed'))
    await slowDown(page, SLOW_DOWN)
    await visit(page, { path, heading })
    await painted(page)
    const { lcp, cls } = await page.evaluate(() => window.measured)
    expect(lcp).toBeGreaterThan(0)
    expect(lcp).toBeLessThanOrEqual(path === '/' ? OVERVIEW_LCP_MS_MAX : LCP_MS_MAX)
    expect(cls).toBeLessThanOrEqual(CLS_MAX)
  })

test('pages answer at once, on a slow machine', async ({ page, furnished: _ }) => {
  await measure(page)
  await visit(page, { path: '/connections', heading: 'Connections' })
  await slowDown(page, SLOW_DOWN)
  const go = async (link: string) => {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: link }).click()
    await expect(page.getByRole('heading', { level: 1, name: link })).toBeVisible()
    await settled(page)
  }
  await page.getByRole('searchbox', { name: 'Filter connections' }).pressSequentially('shop')
  await expect(page.getByRole('link', { name: 'Billing' })).toHaveCount(0)
  for (const link of ['Failures', 'Secrets', 'Audit', 'Requests', 'HTTP Request Tasks', 'Overview']) await go(link)
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await painted(page)
  expect(await page.evaluate(() => window.measured.longest)).toBeLessThanOrEqual(INP_MS_MAX)
})

test.describe('with no failure before', () => {
  // Else the oldest of ten thousand and some are dropped, and nobody knows how many rows there are.
  test.use({ install: 'empty' })

  test('ten thousand failures scroll without a long task', async ({ page }) => {
    test.setTimeout(120_000)
    await measure(page)
    const tail = await Tail.of(page)
    await visit(page, { path: '/failures', heading: 'Failures' })
    await expect.poll(() => tail.isHeard).toBe(true)
    for (let said = 0; said < TAIL_ROWS; said += 500) {
      tail.say(500)
      await painted(page)
    }
    const table = page.getByRole('table')
    await expect.poll(async () => Number(await table.getAttribute('aria-rowcount'))).toBeGreaterThanOrEqual(TAIL_ROWS)
    await painted(page)
    await page.evaluate(() => {
      window.measured.tasks = []
    })
    await table.hover()
    for (let turn = 0; turn < 60; turn += 1) {
      await page.mouse.wheel(0, 3_000)
      await painted(page)
    }
    const tasks = await page.evaluate(() => window.measured.tasks)
    expect(tasks.filter(duration => duration > LONG_TASK_MS)).toEqual([])
  })
})

test('a minute of 200 failures a second does not fill the memory', async ({ page }) => {
  test.setTimeout(180_000)
  const tail = await Tail.of(page)
  await visit(page, { path: '/failures', heading: 'Failures' })
  await expect.poll(() => tail.isHeard).toBe(true)
  // The list is full from here on: what comes in pushes out what is old.
  for (let said = 0; said < TAIL_ROWS + 2_000; said += 500) {
    tail.say(500)
    await painted(page)
  }
  const before = await heap(page)
  const end = Date.now() + BURST_SECONDS * 1_000
  const PAUSE_MS = 100
  while (Date.now() < end) {
    tail.say((EVENTS_PER_SECOND * PAUSE_MS) / 1_000)
    await page.evaluate(pause => new Promise(resolve => setTimeout(resolve, pause)), PAUSE_MS)
  }
  expect((await heap(page)) - before).toBeLessThanOrEqual(HEAP_GROWTH_PER_MINUTE_MAX)
})
