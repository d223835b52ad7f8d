import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { Chart } from './Chart'

vi.mock('./Plot', () => ({ default: () => null }))

const steps = { starts: [Date.UTC(2026, 2, 1, 12, 0), Date.UTC(2026, 2, 1, 12, 1)], lengthMs: 60_000 }

function show() {
  render(
    <I18nProvider i18n={i18n}>
      <Chart
        label="Latency"
        steps={steps}
        format={value => `${value} ms`}
        series={[{ name: 'Median', tone: 'accent', look: 'solid', values: [12, null], whole: '12 ms' }]}
      />
    </I18nProvider>,
  )
}

test('the table is there for everybody who can not see the chart, newest first', () => {
  show()
  const rows = within(screen.getByRole('table', { name: 'Latency' })).getAllByRole('row')
  expect(rows.map(row => row.lastChild?.textContent)).toEqual(['Median', '–', '12 ms'])
})

test('a button shows the table to those who see', async () => {
  show()
  const button = screen.getByRole('button', { name: 'Table' })
  expect(button.getAttribute('aria-expanded')).toBe('false')
  await userEvent.click(button)
  expect(button.getAttribute('aria-expanded')).toBe('true')
})

test('without a step that is pointed at, the legend says the whole', () => {
  show()
  expect(screen.getByRole('list').textContent).toBe('Median12 ms')
})
