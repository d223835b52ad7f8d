import { expect, test } from 'vitest'
import { groupPermissions } from './permissions'

test('permissions stand together by their object', () => {
  expect(groupPermissions(['list:Connection', 'list:Secret', 'edit:Connection'])).toEqual([
    { object: 'Connection', actions: ['list', 'edit'] },
    { object: 'Secret', actions: ['list'] },
  ])
})

test('nobody without permissions has a group', () => {
  expect(groupPermissions([])).toEqual([])
})
