import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventTypes } from './events'

test('every event of the documented table has a label, and no other', () => {
  const page = readFileSync('../docs/event-format.md', 'utf8')
  const documented = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+\.v\d+)` \|/gm)].map(([, name]) => name)
  expect(documented.length).toBeGreaterThan(20)
  expect(Object.keys(eventTypes).sort()).toEqual(documented.sort())
})
