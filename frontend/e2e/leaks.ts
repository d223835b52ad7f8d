// Looks for secrets and tokens everywhere a browser could have them.
import type { BrowserContext } from '@playwright/test'
import { expect, type Page } from './latchkey'

/** Everything that came over the network to a browser context. */
export class Received {
  private readonly pending: Promise<void>[] = []
  private readonly texts: { from: string; text: string }[] = []

  /** Listens to a context, from before its first page. */
  static by(context: BrowserContext): Received {
    const received = new Received()
    context.on('response', response => {
      const headers = JSON.stringify(response.headers())
      received.texts.push({ from: response.url(), text: headers })
      const body = response.text().then(
        text => void received.texts.push({ from: response.url(), text }),
        // A redirect or an abandoned request has no body.
        () => {},
      )
      received.pending.push(body)
    })
    context.on('page', page => {
      page.on('websocket', socket =>
        socket.on('framereceived', ({ payload }) => {
          received.texts.push({ from: socket.url(), text: payload.toString() })
        }),
      )
    })
    return received
  }

  /** Expects that none of it names one of `needles`. */
  async expectWithout(needles: string[]): Promise<void> {
    await Promise.all(this.pending)
    const found = this.texts.filter(({ text }) => needles.some(needle => text.includes(needle)))
    expect(found.map(({ from }) => from)).toEqual([])
    // A recording of nothing would prove nothing.
    expect(this.texts.some(({ from }) => from.endsWith('/graphql'))).toBe(true)
  }
}

/** Expects that the page holds none of `needles`: in its elements, fields, address, storages or databases. */
export async function expectPageWithout(page: Page, needles: string[], at: string): Promise<void> {
  const held = await page.evaluate(async () => {
    const fields = [...document.querySelectorAll<HTMLInputElement>('input, textarea, select')].map(field => field.value)
    const databases = await indexedDB.databases()
    const stored: unknown[] = []
    for (const { name } of databases) {
      if (!name) continue
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.onsuccess = () => resolve(opening.result)
        opening.onerror = () => reject(opening.error)
      })
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store).getAll()
        stored.push(
          await new Promise(resolve => {
            all.onsuccess = () => resolve(all.result)
          }),
        )
      }
    }
    return {
      elements: document.documentElement.innerHTML,
      fields,
      address: location.href,
      state: history.state,
      local: { ...localStorage },
      session: { ...sessionStorage },
      stored,
    }
  })
  const found = Object.entries(held).filter(([, part]) => needles.some(needle => JSON.stringify(part).includes(needle)))
  expect(
    found.map(([part]) => part),
    at,
  ).toEqual([])
}
