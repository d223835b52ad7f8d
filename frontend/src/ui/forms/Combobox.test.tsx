import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import axe from 'axe-core'
import { type ComponentProps, type ReactNode, useState } from 'react'
import { Controller, useForm } from 'react-hook-form'
import { expect, test, vi } from 'vitest'
import { Combobox } from './Combobox'
import { Field } from './Field'
import { filterOptions } from './useCombobox'

const options = [
  { value: 'billing-key', label: 'Billing', detail: 'Client Secret' },
  { value: 'orders-key', label: 'Orders API' },
  { value: 'stock', label: 'Stock' },
]

type Props = Partial<ComponentProps<typeof Combobox>>

function Picker({ start = null, ...props }: Props & { start?: string | null }) {
  const [value, setValue] = useState<string | null>(start)
  return (
    <>
      <Field label="Connection" required>
        {control => (
          <Combobox
            options={options}
            {...control}
            {...props}
            value={value}
            onChange={(next, option) => {
              setValue(next)
              props.onChange?.(next, option)
            }}
          />
        )}
      </Field>
      <output>{value ?? 'none'}</output>
    </>
  )
}

const show = (children: ReactNode) => render(<I18nProvider i18n={i18n}>{children}</I18nProvider>)
const field = () => screen.getByRole('combobox', { name: 'Connection' })

function Form() {
  const form = useForm<{ key: string | null }>({ defaultValues: { key: null } })
  return (
    <form onSubmit={form.handleSubmit(() => {})}>
      <Controller
        control={form.control}
        name="key"
        rules={{ required: true }}
        render={({ field: { ref, value, onChange, onBlur } }) => (
          <Combobox
            aria-label="Connection"
            options={options}
            ref={ref}
            value={value}
            onChange={onChange}
            onBlur={onBlur}
          />
        )}
      />
      <button type="submit">Save</button>
    </form>
  )
}

test('finds options by any words of their label or value', () => {
  expect(filterOptions(options, 'api ord')).toEqual([options[1]])
  expect(filterOptions(options, 'KEY').map(option => option.value)).toEqual(['billing-key', 'orders-key'])
  expect(filterOptions(options, ' ')).toEqual(options)
})

test('is chosen from by typing and Enter', async () => {
  show(<Picker />)
  await userEvent.type(field(), 'ord{Enter}')
  expect(screen.getByText('orders-key')).toBeTruthy()
  expect(field()).toHaveProperty('value', 'Orders API')
  expect(screen.queryByRole('listbox')).toBeNull()
})

test('is walked through with the arrow keys, round its end', async () => {
  show(<Picker />)
  await userEvent.click(field())
  await userEvent.keyboard('{ArrowUp}')
  const last = screen.getByRole('option', { name: 'Stock' })
  expect(field().getAttribute('aria-activedescendant')).toBe(last.id)
  await userEvent.keyboard('{ArrowDown}{Enter}')
  expect(screen.getByText('billing-key')).toBeTruthy()
})

test('is chosen from with the pointer', async () => {
  show(<Picker />)
  await userEvent.click(field())
  await userEvent.click(screen.getByRole('option', { name: 'Stock' }))
  expect(screen.getByText('stock')).toBeTruthy()
})

test('shows a value that no option has, and clears it', async () => {
  show(<Picker start="gone" />)
  expect(field()).toHaveProperty('value', 'gone')
  await userEvent.click(screen.getByRole('button', { name: 'Clear' }))
  expect(screen.getByText('none')).toBeTruthy()
  expect(document.activeElement).toBe(field())
})

test('an emptied field is a cleared choice, another text is forgotten', async () => {
  show(<Picker start="stock" />)
  await userEvent.clear(field())
  await userEvent.tab()
  expect(screen.getByText('none')).toBeTruthy()
  await userEvent.type(field(), 'zzz')
  expect(screen.getByText('Nothing matches.')).toBeTruthy()
  await userEvent.tab()
  expect(field()).toHaveProperty('value', '')
  expect(screen.getByText('none')).toBeTruthy()
})

test('what the keys have come to is not chosen by leaving', async () => {
  show(<Picker start="billing-key" />)
  await userEvent.type(field(), '{ArrowDown}')
  await userEvent.tab()
  expect(screen.getByText('billing-key')).toBeTruthy()
  expect(screen.queryByRole('listbox')).toBeNull()
})

test('a click beside it leaves it, one into its text or its list does not', async () => {
  show(
    <>
      <Picker start="stock" />
      <p>Beside</p>
    </>,
  )
  await userEvent.clear(field())
  await userEvent.click(field())
  await userEvent.click(screen.getByRole('listbox'))
  expect(screen.getByRole('listbox')).toBeTruthy()
  await userEvent.click(screen.getByText('Beside'))
  expect(screen.queryByRole('listbox')).toBeNull()
  expect(screen.getByText('none')).toBeTruthy()
})

test('Enter without an entry keeps what was typed', async () => {
  show(<Picker />)
  await userEvent.type(field(), 'zzz{Enter}')
  expect(field()).toHaveProperty('value', 'zzz')
})

test('keys that compose a letter are not the list’s', async () => {
  show(<Picker />)
  await userEvent.type(field(), 'ord')
  fireEvent.keyDown(field(), { key: 'Enter', isComposing: true })
  fireEvent.keyDown(field(), { key: 'Escape', isComposing: true })
  expect(screen.getByRole('option', { name: 'Orders API' })).toBeTruthy()
  expect(screen.getByText('none')).toBeTruthy()
})

test('a picker that keeps nothing gives the same option again and again', async () => {
  const onChange = vi.fn()
  show(<Combobox aria-label="Connection" options={options} value={null} fixed onChange={onChange} />)
  await userEvent.type(field(), 'ord{Enter}')
  await userEvent.type(field(), 'ord{Enter}')
  expect(onChange.mock.calls.map(([value]) => value)).toEqual(['orders-key', 'orders-key'])
  expect(field()).toHaveProperty('value', '')
})

test('Escape closes the list first, and only then reaches what is around', async () => {
  const outside = vi.fn()
  document.addEventListener('keydown', outside)
  show(<Picker />)
  await userEvent.click(field())
  await userEvent.keyboard('{Escape}')
  expect(screen.queryByRole('listbox')).toBeNull()
  await userEvent.keyboard('{Escape}')
  document.removeEventListener('keydown', outside)
  expect(outside.mock.calls.map(([event]) => (event as KeyboardEvent).defaultPrevented)).toEqual([true, false])
})

test('Enter in a closed field is left to the form', async () => {
  const submit = vi.fn((event: Event) => event.preventDefault())
  document.addEventListener('submit', submit)
  show(
    <form>
      <Picker />
      <button type="submit">Save</button>
    </form>,
  )
  field().focus()
  await userEvent.keyboard('{Enter}')
  document.removeEventListener('submit', submit)
  expect(submit).toHaveBeenCalledTimes(1)
})

test('asks for options on opening and after typing, and does not filter what it is given', async () => {
  const onSearch = vi.fn()
  show(<Picker onSearch={onSearch} />)
  await userEvent.click(field())
  await waitFor(() => expect(onSearch).toHaveBeenCalledWith(''))
  await userEvent.type(field(), 'xy')
  await waitFor(() => expect(onSearch).toHaveBeenLastCalledWith('xy'))
  expect(onSearch).toHaveBeenCalledTimes(2)
  expect(screen.getAllByRole('option')).toHaveLength(3)
})

test('says that it searches, and why it found nothing', async () => {
  const { rerender } = show(<Picker options={[]} pending onSearch={() => {}} />)
  await userEvent.click(field())
  expect(screen.getByText('Searching…')).toBeTruthy()
  rerender(
    <I18nProvider i18n={i18n}>
      <Picker options={[]} failure="No permission" onSearch={() => {}} />
    </I18nProvider>,
  )
  expect(screen.getByText('No permission')).toBeTruthy()
})

test('offers to create what was typed', async () => {
  const onCreate = vi.fn()
  show(<Picker create={{ label: typed => `Create ${typed}`, onCreate }} />)
  await userEvent.type(field(), 'brand-new')
  await userEvent.click(screen.getByRole('option', { name: 'Create brand-new' }))
  expect(onCreate).toHaveBeenCalledWith('brand-new')
})

test('is a field of react-hook-form, focused when it is wrong', async () => {
  show(<Form />)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(document.activeElement).toBe(field()))
})

test('has no accessibility violations, closed or open', async () => {
  const { container } = show(<Picker create={{ label: () => 'Create new', onCreate: () => {} }} start="stock" />)
  const check = async () => (await axe.run(container, { rules: { region: { enabled: false } } })).violations
  expect(await check()).toEqual([])
  await userEvent.click(field())
  expect(screen.getByRole('listbox')).toBeTruthy()
  expect(await check()).toEqual([])
})
