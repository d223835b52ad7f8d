import babel from '@rolldown/plugin-babel'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// In development (`npm run dev`) the pages come from Vite and the API from a running server, as if it were one. With
// LATCHKEY_TOKEN nobody needs to sign in.
const server = process.env.LATCHKEY_URL ?? 'http://127.0.0.1:4000'
const token = process.env.LATCHKEY_TOKEN
const proxied = {
  target: server,
  changeOrigin: true,
  headers: { origin: server, ...(token && { authorization: `Bearer ${token}` }) },
}

/** Lingui's macros: `t`, `<Trans>` and the like become ids, with the English text kept as the fallback. */
const lingui = babel({
  presets: [
    {
      rolldown: { filter: { code: '@lingui/' } },
      preset: () => ({ plugins: [['@lingui/babel-plugin-lingui-macro', { stripMessageField: false }]] }),
    },
  ],
})

// What every page needs is one file. Left alone, the bundler makes one of each set of modules that the same pages share: half
// a hundred, most of them smaller than the headers they come with. A group takes along what its modules import, the first
// group first.
const codeSplitting = {
  groups: [
    {
      name: 'app',
      // Without what brings a library along that most pages do without.
      test: /lucide-react|\/src\/(main|router|api|i18n|labels|ui|views)\b(?!\/(Plot|VirtualTable|forms\/(.*Combobox|Rows)))/,
    },
    { name: 'picker', test: /\/src\/ui\/forms\/.*Combobox/ },
    { name: 'forms', test: /react-hook-form|\/src\/ui\/forms\/Rows/ },
    { name: 'request', test: /\/src\/features\/request\//, minShareCount: 2 },
  ],
}

// GraphiQL is a build of its own (`--mode graphiql`): it shares nothing with the pages, so it can't make them heavier.
export default defineConfig(({ mode }) => ({
  plugins: [react(), lingui, tailwindcss()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  build: {
    outDir: 'dist.next',
    target: 'es2023',
    // An inlined file would need `data:` in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: mode !== 'graphiql',
    // GraphiQL is what it is, and is loaded by those who ask for it.
    chunkSizeWarningLimit: mode === 'graphiql' ? 1_000 : 500,
    rolldownOptions:
      mode === 'graphiql' ? { input: 'graphiql/index.html' } : { input: 'index.html', output: { codeSplitting } },
  },
  server: {
    proxy: { '/graphql': { ...proxied, ws: true }, '/session': proxied },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
  },
}))
