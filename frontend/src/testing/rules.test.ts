// The rules of the code that no compiler knows.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

type Import = { from: string; to: string; typeOnly: boolean; lazy: boolean }

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map(name => name.replaceAll('\\', '/'))
  .filter(name => /\.tsx?$/.test(name) && !name.startsWith('gen/') && !name.startsWith('locales/'))
const isTest = (name: string) => name.includes('.test.') || name.startsWith('testing/')
const sources = new Map(
  files.filter(name => !isTest(name)).map(name => [name, readFileSync(join('src', name), 'utf8')]),
)

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm
const CALL = /\bimport\('([^']+)'\)/g

/** Everything that a file imports, with what is ours as a path below `src`. */
function importsOf(from: string, text: string): Import[] {
  const to = (name: string) =>
    name.startsWith('@/') ? name.slice(2) : name.startsWith('.') ? normalize(join(dirname(from), name)) : name
  return [
    ...[...text.matchAll(STATEMENT)].map(([, type, name = '']) => ({
      from,
      to: to(name),
      typeOnly: type !== undefined,
      lazy: false,
    })),
    ...[...text.matchAll(CALL)].map(([, name = '']) => ({ from, to: to(name), typeOnly: false, lazy: true })),
  ]
}

const imports = [...sources].flatMap(([from, text]) => importsOf(from, text))
const told = ({ from, to }: Import) => `${from} -> ${to}`

/** What each layer may import besides itself and packages. */
const layers: Record<string, string[]> = {
  gen: [],
  i18n: ['locales'],
  api: ['gen'],
  // Only the shape of failures and of streams: what is shown of them knows no domain.
  ui: ['i18n', 'api/request', 'api/stream'],
  labels: ['gen', 'ui'],
  // What more than one feature shows of the domain.
  views: ['labels', 'ui', 'api', 'gen', 'i18n'],
  features: ['views', 'labels', 'ui', 'api', 'gen', 'i18n'],
  routes: ['features', 'views', 'labels', 'ui', 'api', 'gen', 'i18n'],
  app: ['features', 'labels', 'ui', 'api', 'gen', 'i18n'],
  graphiql: ['ui', 'api', 'gen', 'i18n'],
}

test('the parser of imports sees each kind of them', () => {
  const text = `import './a.css'
import type { B } from '@/api/b'
import {
  c,
} from '../c'
export { d } from 'd'
const e = lazy(() => import('./e'))`
  expect(importsOf('ui/x/y.ts', text).map(({ to, typeOnly, lazy }) => [to, typeOnly, lazy])).toEqual([
    ['ui/x/a.css', false, false],
    ['api/b', true, false],
    ['ui/c', false, false],
    ['d', false, false],
    ['ui/x/e', false, true],
  ])
})

test('no layer imports one above it', () => {
  const wrong = imports.filter(({ from, to }) => {
    const layer = from.split('/')[0] ?? ''
    const allowed = layers[layer]
    const isOurs = Object.keys(layers).includes(to.split('/')[0] ?? '') || to === 'router' || to === 'main'
    return allowed && isOurs && ![layer, ...allowed].some(part => to === part || to.startsWith(`${part}/`))
  })
  expect(wrong.map(told)).toEqual([])
})

test('features do not import each other', () => {
  const feature = (path: string) => /^features\/([^/]+)\//.exec(path)?.[1]
  const wrong = imports.filter(({ from, to }) => feature(from) && feature(to) && feature(from) !== feature(to))
  expect(wrong.map(told)).toEqual([])
})

test('pages do not import each other', () => {
  const wrong = imports.filter(({ from, to }) => from.startsWith('routes/') && to.startsWith('routes/'))
  expect(wrong.map(told)).toEqual([])
})

/** Packages that only those wait for who need them. */
const LAZY = ['uplot', 'downshift', 'react-hook-form', '@tanstack/react-virtual', 'valibot']

test('what the first page load needs has no library that is for some pages alone', () => {
  const reached = new Set<string>()
  const visit = (file: string) => {
    if (reached.has(file)) return
    reached.add(file)
    for (const { to, typeOnly, lazy } of imports.filter(({ from }) => from === file)) {
      const target = [to, `${to}.ts`, `${to}.tsx`].find(name => sources.has(name))
      if (!typeOnly && !lazy && target) visit(target)
    }
  }
  visit('main.tsx')
  expect(reached.size).toBeGreaterThan(15)
  const wrong = imports.filter(
    ({ from, to, typeOnly, lazy }) =>
      reached.has(from) &&
      !typeOnly &&
      !lazy &&
      LAZY.some(name => to === name || to.startsWith(`${name}/`)) &&
      // What addresses may say is needed before any page is there.
      !(from === 'routes/search.ts' && to === 'valibot'),
  )
  expect(wrong.map(told)).toEqual([])
})

/** Utilities that name a side of the screen instead of one of the line. */
const PHYSICAL = [
  /^-?(?:m[lr]|p[lr]|left|right|scroll-[mp][lr])-(?:px|auto|full|\d[\w./%]*|\[.+\]|\(.+\))$/,
  /^(?:border-[lr]|rounded-(?:[lr]|[tb][lr]))(?:-.+)?$/,
  /^(?:text|float|clear)-(?:left|right)$/,
]

/** The texts in quotation marks of a file, comments left out. */
const strings = (text: string) =>
  [...text.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '').matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)].map(
    ([, one, two, three]) => one ?? two ?? three ?? '',
  )

/** Physical utilities among the classes of a text, without their variants. */
const physical = (text: string) =>
  strings(text)
    .flatMap(string => string.split(/\s+/))
    .map(word => word.replace(/^.*:/, ''))
    .filter(word => PHYSICAL.some(pattern => pattern.test(word)))

test('physical utilities are found behind variants, and words are none', () => {
  expect(physical(`<p className="md:pl-2 -ml-1 text-left hover:border-r-2 rounded-tl-md ps-2">`)).toEqual([
    'pl-2',
    '-ml-1',
    'text-left',
    'border-r-2',
    'rounded-tl-md',
  ])
  expect(physical(`t\`What is left-over\` 'left' 'ms-2 start-0 border-s text-start'`)).toEqual([])
})

test('class names know the beginning and the end of a line, not left and right', () => {
  const wrong = [...sources].flatMap(([name, text]) => physical(text).map(utility => `${name}: ${utility}`))
  expect(wrong).toEqual([])
})

test('nothing writes markup, styles or scripts into the page', () => {
  const wrong = [...sources]
    .filter(([, text]) =>
      /dangerouslySetInnerHTML|\.innerHTML|<style|<script|document\.write|\beval\(/.test(
        text.replace(/\/\/.*$|\{?\/\*[\s\S]*?\*\/\}?/gm, ''),
      ),
    )
    .map(([name]) => name)
  expect(wrong).toEqual([])
})

test('files have at most 300 lines', () => {
  const wrong = [...sources].filter(([, text]) => text.split('\n').length > 301).map(([name]) => name)
  expect(wrong).toEqual([])
})
