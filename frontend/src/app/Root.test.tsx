import { render, screen, waitFor } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { queryClient } from '@/api/queryClient'
import { saySignedOut } from '@/api/request'
import { viewerQuery } from '@/api/viewer'
import { TestApp } from '@/testing/TestApp'
import { Root } from './Root'
import { recentThings, rememberThing } from './recent'

vi.mock('./Shell', () => ({ Shell: () => null }))

test('a session that ends by itself leaves nothing of it behind', async () => {
  vi.stubGlobal('fetch', async () => new Response('{"errors":[{"message":"Sign in."}]}', { status: 401 }))
  rememberThing({ kind: 'secret', key: 'a', name: 'A' })
  queryClient.setQueryData(viewerQuery.queryKey, { actor: { id: 'admin' }, permissions: [] } as never)
  render(
    <TestApp client={queryClient}>
      <Root />
    </TestApp>,
  )
  saySignedOut()
  await waitFor(() => expect(recentThings()).toEqual([]))
  await screen.findByRole('button', { name: 'Sign in' })
})
