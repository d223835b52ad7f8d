// Checks that the catalogues are true: they hold every text of the source, German is whole, American English holds only
// what differs, and no translation names a value or a tag that its source does not have, or leaves one out.
import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatter } from '@lingui/format-po'
import { compileMessage } from '@lingui/message-utils/compileMessage'

const here = fileURLToPath(new URL('..', import.meta.url))
const directory = join(here, 'src/locales')
/** Languages that must have a translation of everything. */
const WHOLE = ['de']
/** Languages that hold only what differs from British English. */
const DIFFERENCES = ['en-US']

const names = (await readdir(directory)).filter(name => name.endsWith('.po'))
const texts = () => Promise.all(names.map(name => readFile(join(directory, name), 'utf8')))

const faults = []
const before = await texts()
execFileSync(join(here, 'node_modules/.bin/lingui'), ['extract', '--clean'], {
  cwd: here,
  stdio: ['ignore', 'ignore', 'inherit'],
})
const after = await texts()
if (before.some((text, index) => text !== after[index])) {
  faults.push('The catalogues are not what the source says: run `npm run extract`, translate, and commit them.')
  // A check changes nothing.
  await Promise.all(names.map((name, index) => writeFile(join(directory, name), before[index])))
}

const po = formatter({ origins: false })
for (const [index, name] of names.entries()) {
  const locale = name.replace(/\.po$/, '')
  const catalogue = await po.parse(after[index], { locale, sourceLocale: 'en-GB', filename: name })
  for (const [id, { message, translation, obsolete }] of Object.entries(catalogue)) {
    if (obsolete) continue
    const source = message ?? id
    if (!translation) {
      if (WHOLE.includes(locale)) faults.push(`${name}: not translated: ${source}`)
      continue
    }
    if (DIFFERENCES.includes(locale) && translation === source) faults.push(`${name}: does not differ: ${source}`)
    const [wanted, found] = [parts(source), parts(translation)]
    const lost = [...wanted].filter(part => !found.has(part))
    const invented = [...found].filter(part => !wanted.has(part))
    if (lost.length > 0) faults.push(`${name}: ${lost.join(', ')} is missing in: ${translation}`)
    if (invented.length > 0) faults.push(`${name}: ${invented.join(', ')} is not in the source of: ${translation}`)
  }
}

for (const fault of faults) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0

/** The tags that a message names, and its values with how they are written: as they are, or as a plural. */
function parts(message) {
  const tags = message.match(/<\/?\d+\/?>/g) ?? []
  return new Set([...tags, ...values(compileMessage(message))])
}

function values(tokens) {
  if (!Array.isArray(tokens)) return []
  return tokens.flatMap(token => {
    if (!Array.isArray(token)) return []
    const [name, format, choices] = token
    const within = typeof choices === 'object' && choices !== null ? Object.values(choices).flatMap(values) : []
    return [format === undefined ? `{${name}}` : `{${name}, ${format}}`, ...within]
  })
}
