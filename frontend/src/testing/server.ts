import { vi } from 'vitest'

/** A request as the server would see it. */
export type Asked = { operation: string; variables: Record<string, unknown> }

/** Answers GraphQL requests by their operations, such as `query Viewer`; returns what was asked, in order. */
export function answer(answers: Record<string, (variables: Record<string, unknown>) => unknown>): Asked[] {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', async (_path: string, { body }: { body: string }) => {
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> }
    const operation = /(?:query|mutation) \w+/.exec(query)?.[0] ?? ''
    asked.push({ operation, variables })
    const data = answers[operation]?.(variables)
    if (data === undefined) throw new Error(`nobody answers ${operation}`)
    return new Response(JSON.stringify({ data }))
  })
  return asked
}
