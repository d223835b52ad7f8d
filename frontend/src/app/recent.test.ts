import { beforeEach, expect, test } from 'vitest'
import { recentThings, rememberThing } from './recent'

beforeEach(() => sessionStorage.clear())

test('the newest is first, each once, and five are kept', () => {
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) rememberThing({ kind: 'connection', key, name: key })
  rememberThing({ kind: 'connection', key: 'd', name: 'renamed' })
  expect(recentThings().map(({ name }) => name)).toEqual(['renamed', 'f', 'e', 'c', 'b'])
})

test('things of two kinds may have the same Key', () => {
  rememberThing({ kind: 'connection', key: 'a', name: 'A' })
  rememberThing({ kind: 'secret', key: 'a', name: 'A' })
  expect(recentThings().map(({ kind }) => kind)).toEqual(['secret', 'connection'])
})

test.each(['nonsense', '{}', '[1, null, {"kind":"page","key":"x","name":"x"}]'])('%s is no list of things', stored => {
  sessionStorage.setItem('latchkey.recent', stored)
  expect(recentThings()).toEqual([])
})
