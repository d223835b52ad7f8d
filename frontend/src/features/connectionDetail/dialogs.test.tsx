import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import type { ConnectionHeadFragment } from '@/gen/graphql'
import { DeleteDialog, DisableDialog } from './dialogs'
import type { Actions } from './useActions'

const connection: ConnectionHeadFragment = {
  key: 'crm',
  displayName: 'CRM',
  enabled: true,
  version: 7,
  state: 'AUTHORIZED',
  stateReason: null,
  stateSince: '2026-03-01T12:00:00Z',
  nextAttemptAt: null,
}

function show(remove: Partial<Actions['remove']>) {
  render(
    <I18nProvider i18n={i18n}>
      <DeleteDialog connection={connection} actions={{ remove } as Actions} onClose={() => {}} />
    </I18nProvider>,
  )
}
const button = () => screen.getByRole('button', { name: 'Delete for ever', hidden: true })

test('nothing is deleted before its Key has been typed', async () => {
  const mutate = vi.fn()
  show({ mutate })
  expect(button().hasAttribute('disabled')).toBe(true)
  await userEvent.type(screen.getByLabelText('Type the Key to confirm'), 'crn{Enter}')
  expect(mutate).not.toHaveBeenCalled()
})

test('with its Key typed, the version that was read is deleted, and why', async () => {
  const mutate = vi.fn()
  show({ mutate })
  await userEvent.type(screen.getByLabelText(/Reason/), 'the vendor is gone')
  await userEvent.type(screen.getByLabelText('Type the Key to confirm'), 'crm{Enter}')
  expect(mutate).toHaveBeenCalledExactlyOnceWith({ expectedVersion: 7, reason: 'the vendor is gone' })
})

test('a refusal is shown with its code', () => {
  show({ error: new Error('somebody changed it (VERSION_CONFLICT)') })
  expect(screen.getByText('somebody changed it (VERSION_CONFLICT)')).toBeTruthy()
})

test('a connection that could not be disabled keeps its question, and says why', async () => {
  const onClose = vi.fn()
  const mutate = vi.fn<Actions['change']['mutate']>()
  render(
    <I18nProvider i18n={i18n}>
      <DisableDialog connection={connection} actions={{ change: { mutate } } as never} onClose={onClose} />
    </I18nProvider>,
  )
  await userEvent.click(screen.getByRole('button', { name: 'Disable' }))
  const handlers = mutate.mock.calls[0]?.[1]
  act(() => handlers?.onError?.(new Error('changed (VERSION_CONFLICT)'), {} as never, undefined, {} as never))
  expect(screen.getByText('changed (VERSION_CONFLICT)')).toBeTruthy()
  handlers?.onSettled?.(undefined, new Error('changed'), {} as never, undefined, {} as never)
  expect(onClose).not.toHaveBeenCalled()
  handlers?.onSuccess?.({} as never, {} as never, undefined, {} as never)
  expect(onClose).toHaveBeenCalledOnce()
})
