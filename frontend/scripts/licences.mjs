// Writes licences.txt into the build: every package that the pages may be made of, with the text of its licence.
// These are the `dependencies` of package.json and what they depend on, as package-lock.json has them.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('..', import.meta.url))
const { packages } = JSON.parse(await readFile(join(here, 'package-lock.json'), 'utf8'))
/** A tool of the build whose base styles are in every page. */
const built = ['node_modules/tailwindcss']
// Types are not in the build, and no program for one kind of machine is.
const isShipped = ([path, { dev, devOptional, cpu }]) =>
  path !== '' && !dev && !devOptional && !cpu && !path.startsWith('node_modules/@types/')
const paths = [
  ...built,
  ...Object.entries(packages)
    .filter(isShipped)
    .map(([path]) => path),
].sort()

const entries = []
for (const path of paths) {
  const folder = join(here, path)
  const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => null)
  if (manifest === null) throw new Error(`${path} is not installed: run npm ci`)
  const { name, version, license, author, homepage, repository } = JSON.parse(manifest)
  if (typeof license !== 'string') throw new Error(`${name} ${version} names no licence`)
  const files = (await readdir(folder)).filter(file => /^(licen[cs]e|copying|notice)/i.test(file)).sort()
  const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8').catch(() => '')))
  const by = typeof author === 'string' ? author : author?.name
  const from = homepage ?? (typeof repository === 'string' ? repository : repository?.url) ?? ''
  entries.push([`${name} ${version}`, license, from, by ? `By ${by}` : '', ...texts.map(text => `\n${text.trim()}`)])
}

const text = entries.map(lines => lines.filter(Boolean).join('\n')).join(`\n\n${'-'.repeat(80)}\n\n`)
const head = `Latchkey's pages contain parts of these ${entries.length} packages. Each stands under its own licence.\n`
await writeFile(join(here, 'dist.next/licences.txt'), `${head}\n${'-'.repeat(80)}\n\n${text}\n`)
