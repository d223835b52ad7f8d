import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, it } from 'vitest'
import { TestLanguage } from '@/testing/TestLanguage'
import { FormTabs } from './FormTabs'

function Example() {
  const [tab, setTab] = useState<'one' | 'two' | 'three'>('one')
  const tabs = [
    { value: 'one' as const, label: 'One' },
    { value: 'two' as const, label: 'Two', count: 4 },
    { value: 'three' as const, label: 'Three', errors: 2 },
  ]
  return (
    <FormTabs label="Parts" tabs={tabs} value={tab} onChange={setTab}>
      {value => <input aria-label={value} />}
    </FormTabs>
  )
}

it('arrows walk around, Home and End jump, and the focus goes along', async () => {
  render(<Example />, { wrapper: TestLanguage })
  await userEvent.click(screen.getByRole('tab', { name: 'One' }))
  await userEvent.keyboard('{ArrowLeft}')
  expect(document.activeElement).toBe(screen.getByRole('tab', { name: /Three/, selected: true }))
  await userEvent.keyboard('{ArrowRight}{ArrowRight}')
  expect(document.activeElement).toBe(screen.getByRole('tab', { name: /Two/, selected: true }))
  await userEvent.keyboard('{End}{Home}')
  expect(document.activeElement).toBe(screen.getByRole('tab', { name: 'One', selected: true }))
})

it('what was typed on a tab is there when one comes back', async () => {
  render(<Example />, { wrapper: TestLanguage })
  await userEvent.type(screen.getByLabelText('one'), 'kept')
  await userEvent.click(screen.getByRole('tab', { name: /Two/ }))
  expect(screen.getByRole('tabpanel', { name: /Two/ })).toBeTruthy()
  expect(screen.queryByRole('tabpanel', { name: 'One' })).toBeNull()
  await userEvent.click(screen.getByRole('tab', { name: 'One' }))
  expect(screen.getByLabelText<HTMLInputElement>('one').value).toBe('kept')
})

it('a tab says how many errors wait behind it', () => {
  render(<Example />, { wrapper: TestLanguage })
  expect(screen.getByRole('tab', { name: /Three.*2 errors/ })).toBeTruthy()
})
