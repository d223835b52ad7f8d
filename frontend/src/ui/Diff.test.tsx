import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { render, screen, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { Diff } from './Diff'

const show = (before: unknown, after: unknown) =>
  render(
    <I18nProvider i18n={i18n}>
      <Diff before={before} after={after} />
    </I18nProvider>,
  )

test('each difference is a row that says in words what became of it', () => {
  show({ client_id: 'old', description: 'gone' }, { client_id: 'new', base_url: 'https://api.example.com' })
  const rows = within(screen.getByRole('table')).getAllByRole('row').slice(1)
  expect(rows.map(row => row.textContent)).toEqual([
    'client_id±Changedoldnew',
    'base_url+Added—https://api.example.com',
    'description−Removedgone—',
  ])
})

test('a text is shown as it is, never as markup', () => {
  show({ name: 'x' }, { name: '<b>bold</b>' })
  expect(screen.getByText('<b>bold</b>')).toBeTruthy()
})

test('equal values are said to be equal', () => {
  show({ a: 1 }, { a: 1 })
  expect(screen.getByText('Nothing differs.')).toBeTruthy()
})
