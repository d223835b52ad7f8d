// Weighs dist/ as it travels and says what is too heavy. What a browser really asks for is measured by e2e/budgets.spec.ts.
import { readdir, readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** In bytes after gzip. */
const FIRST_LOAD_JS_MAX = 170_000
const FIRST_LOAD_CSS_MAX = 15_000
const LAZY_CHUNK_MAX = 45_000
/** Pages take the system's fonts. GraphiQL brings its editor's. */
const FONTS_MAX = 0

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const assets = join(dist, 'assets')
const names = await readdir(assets).catch(() => {
  console.error('There is no frontend/dist: `make frontend` builds it.')
  process.exit(1)
})
const texts = new Map()
for (const name of names.filter(name => /\.(js|css)$/.test(name)))
  texts.set(name, await readFile(join(assets, name), 'utf8'))
const sizes = new Map([...texts].map(([name, text]) => [name, gzipSync(text, { level: 9 }).length]))

/** The files of a page that are loaded with it, and those that it may load later. */
async function filesOf(page) {
  const html = await readFile(join(dist, page), 'utf8')
  const first = new Set()
  const linked = [...html.matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)].map(([, name]) => name)
  const pending = [...linked]
  while (pending.length > 0) {
    const name = pending.pop()
    if (first.has(name)) continue
    first.add(name)
    pending.push(...importsOf(texts.get(name) ?? ''))
  }
  const all = new Set(first)
  const named = [...first]
  while (named.length > 0) {
    for (const [, name] of (texts.get(named.pop()) ?? '').matchAll(
      /["'`](?:\.\/|assets\/|\/assets\/)([\w.-]+)["'`]/g,
    )) {
      if (all.has(name) || !names.includes(name)) continue
      all.add(name)
      named.push(name)
    }
  }
  return { first, all }
}

/** Static imports. A dynamic one has a parenthesis behind `import`. */
function importsOf(text) {
  return [...text.matchAll(/(?:import|export)(?:[\w\s$*{},]*from)?\s*["']\.\/([\w.-]+)["']/g)].map(([, name]) => name)
}

const pages = await filesOf('index.html')
const graphiql = await filesOf('graphiql/index.html')
const sum = (files, extension) =>
  [...files].filter(name => extname(name) === extension).reduce((total, name) => total + (sizes.get(name) ?? 0), 0)

// Not a module and without a hash, but loaded first of all.
const theme = gzipSync(await readFile(join(dist, 'theme.js')), { level: 9 }).length
const measured = [
  ['first load, JavaScript', sum(pages.first, '.js') + theme, FIRST_LOAD_JS_MAX],
  ['first load, CSS', sum(pages.first, '.css'), FIRST_LOAD_CSS_MAX],
  ...[...pages.all]
    .filter(name => !pages.first.has(name))
    .map(name => [`lazy chunk ${basename(name)}`, sizes.get(name) ?? 0, LAZY_CHUNK_MAX])
    .sort(([, a], [, b]) => b - a),
  ['fonts', [...pages.all].filter(name => /\.(woff2?|ttf|otf)$/.test(name)).length, FONTS_MAX],
]
const tooMuch = measured.filter(([, size, limit]) => size > limit)
const shown = process.argv.includes('--all') ? measured : tooMuch
for (const [what, size, limit] of shown) console.error(`${what}: ${size} of ${limit}`)

// A file that neither page leads to was forgotten here, and so was not weighed.
const unknown = [...texts.keys()].filter(name => !pages.all.has(name) && !graphiql.all.has(name))
if (unknown.length > 0) console.error(`weighed by nobody: ${unknown.join(', ')}`)
process.exitCode = tooMuch.length > 0 || unknown.length > 0 ? 1 : 0
