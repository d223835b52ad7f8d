import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { TestApp } from '@/testing/TestApp'
import { Button } from './Button'

const act = vi.fn()
const submit = vi.fn((event: Event) => event.preventDefault())

function show(props: { pending?: boolean; missing?: string; type?: 'submit' }) {
  act.mockReset()
  submit.mockReset()
  render(
    <TestApp>
      <form onSubmit={event => submit(event.nativeEvent)}>
        <Button onClick={act} {...props}>
          Save
        </Button>
      </form>
    </TestApp>,
  )
  return screen.getByRole('button', { name: 'Save' })
}

test('the second click of a double click does nothing', () => {
  const button = show({ type: 'submit' })
  fireEvent.click(button, { detail: 1 })
  fireEvent.click(button, { detail: 2 })
  expect(act).toHaveBeenCalledTimes(1)
  expect(submit).toHaveBeenCalledTimes(1)
})

test('two clicks after each other are two', () => {
  const button = show({})
  fireEvent.click(button, { detail: 1 })
  fireEvent.click(button, { detail: 1 })
  expect(act).toHaveBeenCalledTimes(2)
})

test('the keyboard presses it', () => {
  fireEvent.click(show({}), { detail: 0 })
  expect(act).toHaveBeenCalledTimes(1)
})

test.each([{ pending: true }, { missing: 'edit:Connection' }])('is off with %o', props => {
  const button = show({ ...props, type: 'submit' })
  fireEvent.click(button, { detail: 1 })
  expect(act).not.toHaveBeenCalled()
  expect(submit).not.toHaveBeenCalled()
  expect(button.getAttribute('aria-disabled')).toBe('true')
})
