import { fireEvent, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Cell, Column } from './Table'
import { VirtualTable } from './VirtualTable'

// The test browser lays nothing out: the box gets a height here, ten rows of 36 pixels.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(360)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(800)
})

const names = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `row ${from + index}`)

function table(rows: string[], more: { hasMore?: boolean; onEnd?: () => void } = {}) {
  return (
    <VirtualTable label="Rows" head={<Column>Name</Column>} rows={rows} rowKey={row => row} {...more}>
      {row => (
        <Cell>
          <button type="button">{row}</button>
        </Cell>
      )}
    </VirtualTable>
  )
}

describe('VirtualTable', () => {
  it('has few of many rows in the page and says how many there are', () => {
    render(table(names(10_000)))
    const found = screen.getByRole('table', { name: 'Rows' })
    expect(found.getAttribute('aria-rowcount')).toBe('10001')
    const rows = within(found).getAllByRole('row')
    expect(rows.length).toBeLessThan(60)
    expect(rows[0]?.getAttribute('aria-rowindex')).toBe('1')
    expect(rows[1]?.getAttribute('aria-rowindex')).toBe('2')
    expect(rows[1]?.textContent).toBe('row 0')
  })

  it('says that it does not know how many there are when more can be loaded', () => {
    render(table(names(3), { hasMore: true }))
    expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('-1')
  })

  it('shows other rows after scrolling', () => {
    render(table(names(10_000)))
    const box = screen.getByRole('group', { name: 'Rows' })
    box.scrollTop = 36 * 5_000
    fireEvent.scroll(box)
    expect(screen.getByRole('button', { name: 'row 5000' })).toBeTruthy()
    expect(screen.queryByRole('button', { name: 'row 0' })).toBeNull()
  })

  it('keeps the focused row in the page when others push it out of sight', () => {
    const { rerender } = render(table(names(100)))
    screen.getByRole('button', { name: 'row 1' }).focus()
    rerender(table([...names(500, 1_000), ...names(100)]))
    expect(document.activeElement?.textContent).toBe('row 1')
    expect(document.activeElement?.closest('tr')?.getAttribute('aria-rowindex')).toBe('503')
  })

  it('tells when the last row is near, and not before', () => {
    const onEnd = vi.fn()
    const { rerender } = render(table(names(100), { onEnd }))
    expect(onEnd).not.toHaveBeenCalled()
    rerender(table(names(5), { onEnd }))
    expect(onEnd).toHaveBeenCalledTimes(1)
  })

  it('walks the rows with j and k', async () => {
    render(table(names(100)))
    await userEvent.keyboard('jjk')
    expect(document.activeElement?.textContent).toBe('row 0')
  })
})
