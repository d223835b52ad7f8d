/** What GraphiQL would keep in the browser. */
export type Memory = Pick<Storage, 'clear' | 'getItem' | 'length' | 'removeItem' | 'setItem'>

/**
 * A store that ends with the page. GraphiQL keeps every query and its variables: a secret that somebody stored with it
 * would stay in the browser for ever.
 */
export function createMemory(): Memory {
  const items = new Map<string, string>()
  return {
    get length() {
      return items.size
    },
    clear: () => items.clear(),
    getItem: key => items.get(key) ?? null,
    removeItem: key => {
      items.delete(key)
    },
    setItem: (key, value) => {
      items.set(key, value)
    },
  }
}
