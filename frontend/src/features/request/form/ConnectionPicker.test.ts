import { expect, it } from 'vitest'
import { namedFirst } from './ConnectionPicker'

it('a connection that is called what was typed comes before those that only have it in their definition', () => {
  const options = [
    { value: 'broken-partner', label: 'Partner' },
    { value: 'demo', label: 'Demo API' },
    { value: 'orders', label: 'Orders' },
  ]
  expect(namedFirst(options, 'dem').map(({ value }) => value)).toEqual(['demo', 'broken-partner', 'orders'])
  expect(namedFirst(options, '')).toEqual(options)
})
