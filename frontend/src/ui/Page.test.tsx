import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { Panel } from './Page'

test('a panel without a title has no empty heading', () => {
  render(<Panel actions={<button type="button">Do</button>}>Text</Panel>)
  expect(screen.queryByRole('heading')).toBeNull()
  expect(screen.getByRole('button', { name: 'Do' })).toBeTruthy()
})
