import { expect, test } from 'vitest'
import { isReserved, KEY, keyOf } from './keyOf'

test('only the name of the page for a new thing is reserved, which is a Key otherwise', () => {
  expect(KEY.test('new')).toBe(true)
  expect(['new', 'new-api', 'news', 'renew'].filter(isReserved)).toEqual(['new'])
  expect(isReserved(keyOf('New'))).toBe(true)
})
