// What no page may ever do: write an error to the console, break the Content-Security-Policy, or talk to a third party.
import type { BrowserContext } from '@playwright/test'

/** Keeps a record of the faults of every page of a browser context. */
export class Faults {
  private readonly seen: string[] = []
  private readonly expected: RegExp[] = []

  /** A fault that the test brings about itself. */
  expect(pattern: RegExp): void {
    this.expected.push(pattern)
  }

  /** All that nobody expected. */
  get unexpected(): string[] {
    return this.seen.filter(fault => !this.expected.some(pattern => pattern.test(fault)))
  }

  /** Watches a context, from before its first page. */
  async watch(context: BrowserContext, origin: string): Promise<void> {
    const { host } = new URL(origin)
    context.on('console', message => {
      if (message.type() === 'error') this.seen.push(`console: ${message.text()} (${message.location().url})`)
    })
    context.on('weberror', error => this.seen.push(`exception: ${error.error().stack ?? error.error().message}`))
    context.on('request', request => {
      const url = new URL(request.url())
      if (url.protocol !== 'blob:' && url.host !== host) this.seen.push(`third party: ${request.url()}`)
    })
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', event => {
        reportError(new Error(`policy: ${event.effectiveDirective} refuses ${event.blockedURI} at ${event.sourceFile}`))
      })
    })
  }
}
