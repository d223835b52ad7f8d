import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRouter, RouterContextProvider } from '@tanstack/react-router'
import type { ReactNode } from 'react'

type TestAppProps = { client?: QueryClient; children: ReactNode }

/** What parts of pages need around them: texts, server state, and a router whose links lead nowhere. */
export function TestApp({ client = testClient(), children }: TestAppProps) {
  const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })
  return (
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <RouterContextProvider router={router as never}>{children}</RouterContextProvider>
      </QueryClientProvider>
    </I18nProvider>
  )
}

/** An empty cache that asks once. */
export function testClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false }, mutations: { gcTime: 0 } } })
}
