// A page without a server: a router and a query cache around it, and answers to its operations by their names.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { configure, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'
import { viewerQuery } from '@/api/viewer'
import { TestLanguage } from './TestLanguage'

// A whole form at each step takes a while on a busy machine.
configure({ asyncUtilTimeout: 10_000 })

/** Shows what stands at `/` to one who has these permissions; any other address is an empty page. */
export async function showPage(page: ReactNode, ...permissions: string[]) {
  const root = createRootRoute({ component: Outlet })
  const home = createRoute({ getParentRoute: () => root, path: '/', component: () => page })
  const other = createRoute({ getParentRoute: () => root, path: '$', component: () => <h1>Elsewhere</h1> })
  const history = createMemoryHistory({ initialEntries: ['/'] })
  const router = createRouter({ routeTree: root.addChildren([home, other]), history })
  await router.load()
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData<unknown>(viewerQuery.queryKey, { actor: { type: 'CLI', id: '1', display: 'Admin' }, permissions })
  const view = render(
    <TestLanguage>
      <QueryClientProvider client={client}>
        {/* biome-ignore lint/suspicious/noExplicitAny: the product's own router is registered, and this is another one */}
        <RouterProvider router={router as any} />
      </QueryClientProvider>
    </TestLanguage>,
  )
  return { ...view, router }
}

/** What was asked of the server. */
export type Asked = { operation: string; variables: Record<string, unknown> }

/** Answers each operation with its data; with one after the other where a list of them is given. */
export function answer(answers: Record<string, unknown>): Asked[] {
  const asked: Asked[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
    const { query, variables } = JSON.parse(String(init?.body)) as {
      query: string
      variables?: Record<string, unknown>
    }
    const operation = /(?:query|mutation|subscription) (\w+)/.exec(query)?.[1] ?? ''
    asked.push({ operation, variables: variables ?? {} })
    const known = answers[operation]
    const data = Array.isArray(known) ? known.shift() : known
    return data === undefined
      ? Response.json({ errors: [{ message: `no answer to ${operation}`, extensions: { code: 'INTERNAL' } }] })
      : Response.json({ data })
  })
  return asked
}
