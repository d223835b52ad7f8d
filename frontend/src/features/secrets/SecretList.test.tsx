import { screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { answer, showPage } from '@/testing/page'
import { SecretList } from './SecretList'

test('what is typed into the filter is in it at once, whenever the address follows', async () => {
  answer({ SecretPage: { secrets: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } } })
  const onType = vi.fn()
  const ignore = () => {}
  await showPage(<SecretList typed="" onType={onType} onCreate={ignore} selected={undefined} onSelect={ignore} />)
  const filter = screen.getByRole<HTMLInputElement>('searchbox', { name: 'Filter secrets' })
  await userEvent.type(filter, 'billing')
  expect(filter.value).toBe('billing')
  await vi.waitFor(() => expect(onType).toHaveBeenLastCalledWith('billing'))
})
