import { expect, it } from 'vitest'
import { groupByEndpoint } from './groups'

it('tasks are grouped by endpoint in its order, those without one at the end', () => {
  const task = (key: string, endpoint: string | null) => ({ key, endpoint })
  const tasks = [task('a', null), task('b', 'Orders'), task('c', 'Billing'), task('d', 'Orders'), task('e', null)]
  expect(groupByEndpoint(tasks).map(({ endpoint, tasks }) => [endpoint, tasks.map(({ key }) => key)])).toEqual([
    ['Billing', ['c']],
    ['Orders', ['b', 'd']],
    [null, ['a', 'e']],
  ])
  expect(groupByEndpoint([])).toEqual([])
})
