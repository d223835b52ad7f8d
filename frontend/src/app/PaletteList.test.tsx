import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Cable } from 'lucide-react'
import { createRef } from 'react'
import { expect, test, vi } from 'vitest'
import { TestLanguage } from '@/testing/TestLanguage'
import { type Entry, type EntryGroup, PaletteList } from './PaletteList'

const run = vi.fn()
const entry = (name: string, rest: Partial<Entry> = {}): Entry => ({
  id: `entry ${name}`,
  name,
  icon: Cable,
  run: () => run(name),
  ...rest,
})
const list = (groups: EntryGroup[]) => (
  <TestLanguage>
    <PaletteList ref={createRef()} text="" onText={() => {}} groups={groups} empty={<p>Nothing</p>} />
  </TestLanguage>
)
const chosen = () => screen.queryAllByRole('option', { selected: true }).map(option => option.textContent)

test('the arrows walk over all groups and round the ends, and skip what may not be done', async () => {
  render(
    list([
      { heading: 'One', entries: [entry('a'), entry('b', { disabled: true })] },
      { heading: 'Two', entries: [entry('c')] },
    ]),
  )
  await userEvent.click(screen.getByRole('combobox'))
  expect(chosen()).toEqual(['a'])
  await userEvent.keyboard('{ArrowDown}')
  expect(chosen()).toEqual(['c'])
  await userEvent.keyboard('{ArrowDown}')
  expect(chosen()).toEqual(['a'])
  await userEvent.keyboard('{ArrowUp}{Enter}')
  expect(run).toHaveBeenCalledExactlyOnceWith('c')
})

test('the box names the option that Enter would take', async () => {
  render(list([{ heading: 'One', entries: [entry('a b')] }]))
  const option = screen.getByRole('option')
  expect(option.id).not.toContain(' ')
  expect(screen.getByRole('combobox').getAttribute('aria-activedescendant')).toBe(option.id)
})

test('what comes later can be chosen, and takes nothing that was chosen away', async () => {
  const { rerender } = render(list([]))
  expect(screen.getByText('Nothing')).toBeTruthy()
  rerender(list([{ heading: 'Found', entries: [entry('a'), entry('b')] }]))
  expect(chosen()).toEqual(['a'])
  await userEvent.click(screen.getByRole('combobox'))
  await userEvent.keyboard('{ArrowDown}')
  rerender(list([{ heading: 'Found', entries: [entry('x'), entry('a'), entry('b')] }]))
  expect(chosen()).toEqual(['b'])
})
