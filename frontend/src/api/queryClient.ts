// The one place where server state lives.
import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './request'

/** Failures that may pass by themselves. */
const transient = new Set(['OFFLINE', 'BUSY', 'UNAVAILABLE'])

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      networkMode: 'always',
      retry: (count, error) => count < 2 && error instanceof ApiError && transient.has(error.code),
      retryDelay: count => 300 * 2 ** count,
    },
    // The variables of a mutation may hold a secret: they are dropped as soon as it has ended and its form is gone.
    mutations: { gcTime: 0, networkMode: 'always' },
  },
})
