import { expect, test } from 'vitest'
import { allPages } from './pages'

/** A list of so many pages of two. */
function list(pages: number) {
  const asked: (string | null)[] = []
  const load = async (after: string | null) => {
    asked.push(after)
    const page = after === null ? 0 : Number(after)
    const pageInfo = { hasNextPage: page + 1 < pages, endCursor: String(page + 1) }
    return { nodes: [`${page}a`, `${page}b`], pageInfo }
  }
  return { asked, load }
}

test('each page starts where the one before ended', async () => {
  const { asked, load } = list(3)
  expect(await allPages(load)).toEqual({ rows: ['0a', '0b', '1a', '1b', '2a', '2b'], more: false })
  expect(asked).toEqual([null, '1', '2'])
})

test('after ten pages it stops, and says that there are more', async () => {
  const { asked, load } = list(11)
  const { rows, more } = await allPages(load)
  expect([asked.length, rows.length, more]).toEqual([10, 20, true])
  expect((await allPages(list(10).load)).more).toBe(false)
})

test('a page that leads nowhere is the last', async () => {
  const pageInfo = { hasNextPage: true, endCursor: null }
  expect(await allPages(async () => ({ nodes: [1], pageInfo }))).toEqual({ rows: [1], more: false })
  expect(await allPages(async () => null)).toEqual({ rows: [], more: false })
})
