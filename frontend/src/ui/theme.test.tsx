import { act, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { chooseTheme, useTheme } from './theme'

afterEach(() => chooseTheme('system'))

function Shown() {
  return <output>{useTheme()}</output>
}

test('a choice is seen wherever it was made', () => {
  render(<Shown />)
  expect(screen.getByRole('status').textContent).toBe('system')
  act(() => chooseTheme('dark'))
  expect(screen.getByRole('status').textContent).toBe('dark')
  expect(document.documentElement.dataset.theme).toBe('dark')
  act(() => chooseTheme('system'))
  expect(screen.getByRole('status').textContent).toBe('system')
})
