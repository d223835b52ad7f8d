import { defineConfig } from '@lingui/cli'
import { formatter } from '@lingui/format-po'

// The source is British English, so `en-GB` needs no catalogue. `en-US` holds only what differs.
export default defineConfig({
  sourceLocale: 'en-GB',
  locales: ['en-GB', 'en-US', 'de', 'pseudo'],
  pseudoLocale: 'pseudo',
  fallbackLocales: { default: 'en-GB' },
  catalogs: [{ path: '<rootDir>/src/locales/{locale}', include: ['src'] }],
  // Places in the source would make every change of a file a change of four catalogues.
  format: formatter({ origins: false }),
  orderBy: 'message',
})
