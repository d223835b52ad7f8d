import { fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { TestLanguage } from '@/testing/TestLanguage'
import { Dialog } from './Dialog'

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
})
