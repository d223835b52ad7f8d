import { expect, test } from 'vitest'
import { keepTyped } from './keepTyped'

const sent = { name: ' Mine ', url: 'a', body: { kind: 'text', text: 'one' }, headers: [{ name: 'x', value: '1' }] }
const saved = { ...sent, name: 'Mine', headers: [{ name: 'x', value: '••••' }] }

test('what was not touched since it was sent is as it was saved', () => {
  expect(keepTyped(sent, structuredClone(sent), saved)).toEqual(saved)
})

test('what was typed since stays, field by field, and a list as a whole', () => {
  const now = {
    ...sent,
    url: 'ab',
    body: { kind: 'text', text: 'one two' },
    headers: [...sent.headers, { name: 'y', value: '2' }],
  }
  expect(keepTyped(sent, now, saved)).toEqual({ ...now, name: 'Mine' })
})

test('what was typed back to what it was before stays too', () => {
  const before: { key: string | null } = { key: 'a' }
  expect(keepTyped(before, { key: null }, before)).toEqual({ key: null })
})
