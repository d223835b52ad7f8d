/** Tasks of one endpoint; null for those without one. */
export type Group<T> = { endpoint: string | null; tasks: T[] }

/** Groups tasks by their endpoint, in the order of its name; those without one come last. */
export function groupByEndpoint<T extends { endpoint: string | null }>(tasks: readonly T[]): Group<T>[] {
  const groups = new Map<string | null, T[]>()
  for (const task of tasks) groups.set(task.endpoint, [...(groups.get(task.endpoint) ?? []), task])
  return [...groups]
    .map(([endpoint, tasks]) => ({ endpoint, tasks }))
    .sort((a, b) => {
      if (a.endpoint === null || b.endpoint === null) return Number(a.endpoint === null) - Number(b.endpoint === null)
      return a.endpoint.localeCompare(b.endpoint)
    })
}
