// Writes src/gen/: the types of schema.graphql, and one typed text for every operation in src/**/*.graphql.
// It is not kept in the repository: an operation that the schema does not have ends the build here.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescript from '@graphql-codegen/typescript'
import * as operations from '@graphql-codegen/typescript-operations'
import { buildSchema, parse, validate } from 'graphql'

const here = fileURLToPath(new URL('..', import.meta.url))
const output = join(here, 'src/gen/')
const text = 'string'
const scalars = {
  DateTime: text,
  Duration: text,
  JSON: 'unknown',
  Key: text,
  Permission: text,
  SecretString: text,
  Sequence: text,
  URL: text,
}

const sdl = await readFile(join(here, '../schema.graphql'), 'utf8')
const schema = parse(sdl)
const names = await readdir(join(here, 'src'), { recursive: true })
const documents = await Promise.all(
  names
    .filter(name => name.endsWith('.graphql'))
    .sort()
    .map(async name => ({ location: name, document: parse(await readFile(join(here, 'src', name), 'utf8')) })),
)

// The generator knows no places; this says which file is wrong.
const built = buildSchema(sdl)
const definitions = documents.flatMap(({ document }) => document.definitions)
const errors = validate(built, { kind: 'Document', definitions })
if (errors.length > 0) {
  for (const error of errors)
    console.error(`${error.message}\n${error.nodes?.[0]?.loc?.source.body.slice(0, 80) ?? ''}\n`)
  process.exit(1)
}

const config = { scalars, strictScalars: true, enumsAsTypes: true, useTypeImports: true }
const operationTypes = await codegen({
  filename: 'graphql.ts',
  schema,
  documents,
  config: { ...config, documentMode: 'string', dedupeFragments: true },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents: typedDocumentNode },
})
// Every enum of the schema, also those that no operation names: labels are given to all of their values.
const enums = await codegen({
  filename: 'enums.ts',
  schema,
  documents: [],
  config: { ...config, onlyEnums: true },
  plugins: [{ typescript: {} }],
  pluginMap: { typescript },
})
await mkdir(output, { recursive: true })
await writeFile(join(output, 'graphql.ts'), operationTypes)
await writeFile(join(output, 'enums.ts'), enums)
