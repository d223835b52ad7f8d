// Lists that are wanted whole, from an API that gives no more than a hundred at a time.

/** More than anybody would look through; whoever has more is told so. */
const PAGES_MAX = 10

/** A page of a list, as the API gives it. */
export type PageOf<T> = { nodes: T[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

/** All of a list that was loaded, and whether there are more than these. */
export type Whole<T> = { rows: T[]; more: boolean }

/** Loads page after page. `load` gets the cursor of the page before; null where there is no list for the viewer. */
export async function allPages<T>(
  load: (after: string | null) => Promise<PageOf<T> | null | undefined>,
): Promise<Whole<T>> {
  const rows: T[] = []
  let after: string | null = null
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const loaded: PageOf<T> | null | undefined = await load(after)
    rows.push(...(loaded?.nodes ?? []))
    after = loaded?.pageInfo.endCursor ?? null
    if (!loaded?.pageInfo.hasNextPage || after === null) return { rows, more: false }
  }
  return { rows, more: true }
}
