// Puts the pages together in dist/: our own files from static/, and the parts of GraphiQL from node_modules.
// GraphiQL is bundled, not loaded from a CDN: a page that holds an access token must not run somebody else's script.
import { cp, mkdir, rm, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const vendor = {
  'react.js': 'react/umd/react.production.min.js',
  'react-dom.js': 'react-dom/umd/react-dom.production.min.js',
  'graphiql.js': 'graphiql/graphiql.min.js',
  'graphiql.css': 'graphiql/graphiql.min.css',
  'graphql-ws.js': 'graphql-ws/umd/graphql-ws.min.js',
}
const licences = {
  react: 'react/LICENSE',
  graphiql: 'graphiql/LICENSE',
  graphql: 'graphql/LICENSE',
  'graphql-ws': 'graphql-ws/LICENSE.md',
}

// Built beside and moved into place: an interrupted build leaves no half dist/.
const next = join(here, 'dist.next')
const modules = (file) => join(here, 'node_modules', file)
await rm(next, { recursive: true, force: true })
await cp(join(here, 'static'), next, { recursive: true })
await mkdir(join(next, 'graphiql/vendor'))
for (const [name, file] of Object.entries(vendor)) {
  await cp(modules(file), join(next, 'graphiql/vendor', name))
}
for (const [name, file] of Object.entries(licences)) {
  await cp(modules(file), join(next, 'graphiql/vendor', `${name}.LICENSE.txt`))
}
// What the Makefile compares against: copied files keep no useful times.
await writeFile(join(next, 'graphiql/vendor/built.txt'), 'Built by build.mjs.\n')
await rm(join(here, 'dist'), { recursive: true, force: true })
await rename(next, join(here, 'dist'))
