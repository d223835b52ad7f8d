import { expect, test } from 'vitest'
import { differences } from './differences'

test('equal values have no difference, in whatever order their fields stand', () => {
  expect(differences({ a: 1, b: [{ name: 'x' }] }, { b: [{ name: 'x' }], a: 1 })).toEqual([])
})

test('a changed field is told with its path', () => {
  expect(
    differences(
      { authentication: { secret: 'old', placement: 'BODY' } },
      { authentication: { secret: 'new', placement: 'BODY' } },
    ),
  ).toEqual([{ path: 'authentication.secret', kind: 'changed', before: 'old', after: 'new' }])
})

test('null and absent are the same nothing', () => {
  expect(differences({ a: null, b: null }, { b: 'x' })).toEqual([
    { path: 'b', kind: 'added', before: undefined, after: 'x' },
  ])
  expect(differences({ b: 'x' }, { b: null })).toEqual([{ path: 'b', kind: 'removed', before: 'x', after: undefined }])
})

test('false, zero and the empty text are values', () => {
  expect(differences({ a: false, b: 0, c: '' }, {}).map(({ kind, before }) => [kind, before])).toEqual([
    ['removed', false],
    ['removed', 0],
    ['removed', ''],
  ])
})

test('entries of a list that have names are compared by them', () => {
  const before = {
    parameters: [
      { name: 'scope', value: 'a' },
      { name: 'tenant', value: 't' },
    ],
  }
  const after = { parameters: [{ name: 'tenant', value: 'u' }] }
  expect(differences(before, after)).toEqual([
    { path: 'parameters[tenant].value', kind: 'changed', before: 't', after: 'u' },
    { path: 'parameters[scope].value', kind: 'removed', before: 'a', after: undefined },
  ])
})

test('an entry that is nothing but its name is not lost', () => {
  expect(differences([], [{ name: 'x' }])).toEqual([{ path: '[x]', kind: 'added', before: undefined, after: 'x' }])
})

test('entries of which two have the same name are compared by index', () => {
  const before = [
    { name: 'scope', placement: 'BODY' },
    { name: 'scope', placement: 'QUERY' },
  ]
  const after = [
    { name: 'scope', placement: 'BODY' },
    { name: 'scope', placement: 'HEADER' },
  ]
  expect(differences(before, after)).toEqual([
    { path: '[1].placement', kind: 'changed', before: 'QUERY', after: 'HEADER' },
  ])
})

test('a value taken from the front of a list does not change the others', () => {
  expect(differences({ labels: ['a', 'b', 'c'] }, { labels: ['b', 'c', 'd'] })).toEqual([
    { path: 'labels', kind: 'added', before: undefined, after: 'd' },
    { path: 'labels', kind: 'removed', before: 'a', after: undefined },
  ])
})

test('one of two equal values is counted', () => {
  expect(differences([401, 401], [401])).toEqual([{ path: '', kind: 'removed', before: 401, after: undefined }])
})

test('another order alone is a change of the list', () => {
  expect(differences({ labels: ['a', 'b'] }, { labels: ['b', 'a'] })).toEqual([
    { path: 'labels', kind: 'changed', before: ['a', 'b'], after: ['b', 'a'] },
  ])
})

test('another order is told beside what has come', () => {
  expect(differences(['a', 'b'], ['b', 'a', 'c']).map(({ kind }) => kind)).toEqual(['added', 'changed'])
})

test('an object that comes is told by its fields', () => {
  expect(differences(null, { token_policy: { cache: true, skew: 1 } })).toEqual([
    { path: 'token_policy.cache', kind: 'added', before: undefined, after: true },
    { path: 'token_policy.skew', kind: 'added', before: undefined, after: 1 },
  ])
})

test('a value that becomes an object is removed, and the fields are added', () => {
  expect(differences({ a: 'x' }, { a: { b: 1 } })).toEqual([
    { path: 'a', kind: 'removed', before: 'x', after: undefined },
    { path: 'a.b', kind: 'added', before: undefined, after: 1 },
  ])
})
