import { expect, test } from 'vitest'
import { matchesWords } from './matchesWords'

test('every word has to be there, in any order and case', () => {
  expect(matchesWords('add CONN', 'Add connection')).toBe(true)
  expect(matchesWords('connection add', 'Add connection')).toBe(true)
  expect(matchesWords('add secret', 'Add connection')).toBe(false)
})

test('nothing typed matches everything', () => {
  expect(matchesWords(' ', 'Add connection')).toBe(true)
})
