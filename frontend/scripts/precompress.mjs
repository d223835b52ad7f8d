// Puts a .br and a .gz beside every file that shrinks, and moves the finished build to dist/.
// The server sends them as they are: nothing is compressed while somebody waits.
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const here = fileURLToPath(new URL('..', import.meta.url))
const next = join(here, 'dist.next')
const compressible = new Set(['.html', '.js', '.css', '.svg', '.json', '.txt'])
/** Below this many bytes the headers weigh more than what is saved. */
const SIZE_MIN = 1024

for (const entry of await readdir(next, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.has(extname(entry.name))) continue
  const file = join(entry.parentPath, entry.name)
  const content = await readFile(file)
  if (content.length < SIZE_MIN) continue
  await writeFile(`${file}.br`, brotliCompressSync(content))
  await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }))
}
// What the Makefile compares against.
await writeFile(join(next, 'built.txt'), 'Built by npm run build.\n')
// Built beside and moved into place: an interrupted build leaves no half dist/.
await rm(join(here, 'dist'), { recursive: true, force: true })
await rename(next, join(here, 'dist'))
