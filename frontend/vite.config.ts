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
    rolldownOptions: { input: mode === 'graphiql' ? 'graphiql/index.html' : 'index.html' },
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
