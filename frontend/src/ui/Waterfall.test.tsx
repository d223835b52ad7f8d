import { render, screen, within } from '@testing-library/react'
import { expect, it } from 'vitest'
import { TestLanguage } from '@/testing/TestLanguage'
import { Waterfall } from './Waterfall'

it('says in figures what the bars show', () => {
  const spans = [
    { key: 'a', label: 'Token', note: 'fetched', startMs: 2.5, durationMs: 10, tone: 'info' as const },
    { key: 'b', label: 'Attempt 1', startMs: 600, durationMs: 200, tone: 'ok' as const },
  ]
  const { container } = render(<Waterfall label="Where the time went" spans={spans} totalMs={800} />, {
    wrapper: TestLanguage,
  })
  const rows = within(screen.getByRole('table', { name: 'Where the time went' })).getAllByRole('row')
  expect(
    rows.slice(1).map(row =>
      within(row)
        .getAllByRole('cell')
        .map(cell => cell.textContent),
    ),
  ).toEqual([
    ['Tokenfetched', '', '2.5 ms', '10 ms'],
    ['Attempt 1', '', '600 ms', '200 ms'],
  ])
  const bar = container.querySelectorAll<HTMLElement>('[aria-hidden] > div')[1]
  expect(bar?.style.width).toBe('25%')
})
