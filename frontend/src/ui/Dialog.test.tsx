import { fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { TestLanguage } from '@/testing/TestLanguage'
import { Dialog } from './Dialog'
import { useShortcuts } from './shortcuts'

function Keys({ act }: { act: () => void }) {
  useShortcuts({ 'Mod+Enter': act })
  return null
}

describe('Dialog', () => {
  it('is closed by its own cancel event, and not by one from within', () => {
    const [outer, inner] = [vi.fn(), vi.fn()]
    render(
      <Dialog title="Outer" onClose={outer}>
        <input type="file" aria-label="File" />
        <Dialog title="Inner" onClose={inner}>
          <p />
        </Dialog>
      </Dialog>,
      { wrapper: TestLanguage },
    )
    const cancel = (element: HTMLElement) =>
      fireEvent(element, new Event('cancel', { bubbles: true, cancelable: true }))
    cancel(screen.getByLabelText('File'))
    cancel(screen.getByRole('dialog', { name: 'Inner' }))
    expect(inner).toHaveBeenCalled()
    expect(outer).not.toHaveBeenCalled()
    cancel(screen.getByRole('dialog', { name: 'Outer' }))
    expect(outer).toHaveBeenCalled()
  })

  it('focuses what asks for it', () => {
    render(
      <Dialog title="Form" onClose={() => {}}>
        <input aria-label="Name" data-autofocus />
      </Dialog>,
      { wrapper: TestLanguage },
    )
    expect(document.activeElement).toBe(screen.getByLabelText('Name'))
  })

  it('is closed by a click beside it, and not by a selection that ends there', () => {
    const close = vi.fn()
    render(
      <Dialog title="Form" onClose={close}>
        <input aria-label="Name" />
      </Dialog>,
      { wrapper: TestLanguage },
    )
    const dialog = screen.getByRole('dialog')
    fireEvent.pointerDown(screen.getByLabelText('Name'))
    fireEvent.click(dialog)
    expect(close).not.toHaveBeenCalled()
    fireEvent.pointerDown(dialog)
    fireEvent.click(dialog)
    expect(close).toHaveBeenCalledTimes(1)
  })

  it('keeps the shortcuts of the page below from acting', () => {
    const [page, form] = [vi.fn(), vi.fn()]
    const below = <Keys act={page} />
    const { rerender } = render(below, { wrapper: TestLanguage })
    const press = () => fireEvent.keyDown(document.body, { key: 'Enter', ctrlKey: true })
    rerender(
      <>
        {below}
        <Dialog title="Form" onClose={() => {}}>
          <p />
        </Dialog>
      </>,
    )
    press()
    expect(page).not.toHaveBeenCalled()
    rerender(
      <>
        {below}
        <Dialog title="Form" onClose={() => {}}>
          <Keys act={form} />
        </Dialog>
      </>,
    )
    press()
    expect(form).toHaveBeenCalledTimes(1)
  })
})
