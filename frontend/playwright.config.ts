// The browser tests: the real binary, the real pages, and the Chromium that the system has.
import { defineConfig } from '@playwright/test'

const isCi = process.env.CI === 'true'

export default defineConfig({
  testDir: 'e2e',
  projects: [
    { name: 'tests', testMatch: '*.spec.ts', testIgnore: 'budgets.spec.ts' },
    // What is measured is measured alone: beside another worker it would be the other one's work as well.
    { name: 'budgets', testMatch: 'budgets.spec.ts', dependencies: ['tests'], workers: 1 },
    // Not tests, but made by the same means: see `make screenshots`.
    { name: 'screenshots', testMatch: 'screenshots.ts' },
  ],
  outputDir: 'test-results',
  // Each worker has a server of its own; the tests of one file share its data.
  workers: 2,
  forbidOnly: isCi,
  maxFailures: isCi ? 10 : 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: isCi ? [['dot']] : [['list']],
  use: {
    launchOptions: { executablePath: process.env.LATCHKEY_CHROMIUM ?? '/usr/bin/chromium' },
    actionTimeout: 10_000,
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
})
