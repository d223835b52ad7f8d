import { expect, test } from 'vitest'
import { completions, expandType, parseSearch, quote, without, withTerm } from './search'
import { parseTime } from './time'

const NOW = Date.UTC(2026, 10, 23, 12)
const filter = (text: string) => {
  const { problems, filter } = parseSearch(text, NOW)
  expect(problems).toEqual([])
  return filter
}
const problems = (text: string) => parseSearch(text, NOW).problems

test('nothing asks for everything', () => {
  expect(filter('  ')).toEqual({})
})

test('a full name, one without its version and a prefix are names of events', () => {
  expect(filter('type:secret.rotated.v1')).toEqual({ types: ['secret.rotated.v1'] })
  expect(filter('type:secret.rotated')).toEqual({ types: ['secret.rotated.v1'] })
  expect(filter('type:task.*').types).toEqual(['task.created.v1', 'task.updated.v1', 'task.deleted.v1'])
})

test('a prefix ends where it says', () => {
  expect(expandType('connection.*')).not.toContain('connection_test.started.v1')
  expect(expandType('connection*')).toContain('connection_test.started.v1')
})

test('terms of one field are collected, each once', () => {
  expect(filter('target:billing target:payments target:billing')).toEqual({ targets: ['billing', 'payments'] })
})

test('a kind of target stands before a star', () => {
  expect(filter('target:secret/* target:billing')).toEqual({ targets: ['billing'], targetTypes: ['secret'] })
})

test('what every object has is no kind of target and no field', () => {
  expect(problems('target:constructor/*')).toEqual([{ kind: 'unknownTargetType', text: 'constructor' }])
  expect(completions('constructor:', { targets: [], actors: [] })).toEqual([])
})

test('an actor is a kind or an id, in quotes an id', () => {
  expect(filter('actor:system actor:admin-token')).toEqual({ actors: ['admin-token'], actorTypes: ['SYSTEM'] })
  expect(filter('actor:"system"')).toEqual({ actors: ['system'] })
  expect(filter('actor:"a \\"b\\" c"')).toEqual({ actors: ['a "b" c'] })
})

test('outcomes may be written in small letters', () => {
  expect(filter('outcome:failure outcome:UNKNOWN')).toEqual({ outcomes: ['FAILURE', 'UNKNOWN'] })
})

test('times become a range, with the beginning of all when none is named', () => {
  expect(filter('after:2h')).toEqual({ range: { from: '2026-11-23T10:00:00.000Z' } })
  expect(filter('before:2026-11-01T00:00Z')).toEqual({
    range: { from: '1970-01-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' },
  })
})

test('a story is found by its id', () => {
  const id = '01a20797-2464-7429-95ed-29061586ec34'
  expect(filter(`correlation:${id}`)).toEqual({ correlationId: id })
})

test.each([
  ['billing', 'noField', 'billing'],
  ['"two words"', 'noField', '"two words"'],
  ['user:me', 'unknownField', 'user'],
  ['type:', 'noValue', 'type'],
  ['actor:""', 'noValue', 'actor'],
  ['actor:"open', 'openQuote', 'actor:"open'],
  ['type:nothing.*', 'unknownType', 'nothing.*'],
  ['target:Billing', 'badKey', 'Billing'],
  ['target:thing/*', 'unknownTargetType', 'thing'],
  ['outcome:maybe', 'badOutcome', 'maybe'],
  ['after:soon', 'badTime', 'soon'],
  ['correlation:1', 'badCorrelation', '1'],
  ['after:1h after:2h', 'twice', 'after'],
])('%s is refused and named', (text, kind, part) => {
  expect(problems(text)).toEqual([{ kind, text: part }])
})

test('a range that ends before it begins is refused', () => {
  expect(problems('after:1h before:2h').map(({ kind }) => kind)).toEqual(['emptyRange'])
})

test('several problems are all named', () => {
  expect(problems('x y:1 outcome:z').map(({ kind }) => kind)).toEqual(['noField', 'unknownField', 'badOutcome'])
})

test('a term replaces those of its field and leaves the rest as it was typed', () => {
  expect(withTerm('type:task.* target:a type:secret.*', 'type', 'token.*')).toBe('target:a type:token.*')
  expect(withTerm('type:task.* target:a', 'type', null)).toBe('target:a')
  expect(withTerm('wrong', 'actor', 'a b')).toBe('wrong actor:"a b"')
})

test('a term can be taken out of the middle', () => {
  const text = 'target:a  type:task.*  outcome:failure'
  const term = parseSearch(text, NOW).terms[1]
  expect(term && without(text, term)).toBe('target:a outcome:failure')
})

test('what is quoted is read back as it was', () => {
  for (const value of ['plain', 'two words', 'a "quote"', 'back\\slash and space'])
    expect(parseSearch(`actor:${quote(value)}`, NOW).terms[0]?.value).toBe(value)
})

test('the last word is completed: first to a field, then to a value', () => {
  const known = { targets: ['billing'], actors: ['admin-token'] }
  expect(completions('target:x ty', known)).toEqual(['target:x type:'])
  expect(completions('target:b', known)).toEqual(['target:billing'])
  expect(completions('actor:a', known)).toEqual(['actor:admin-token'])
  expect(completions('type:secret.r', known)).toEqual(['type:secret.rotated'])
  expect(completions('', known)).toEqual([])
})

test('a day begins at midnight where the reader is', () => {
  expect(parseTime('2026-03-01', NOW)).toBe(new Date(2026, 2, 1).toISOString())
})

test.each(['2026-02-31', '2026-13-01', '2026-03-01T25:00Z', '1x', 'yesterday', '2026'])('%s is no time', text => {
  expect(parseTime(text, NOW)).toBeNull()
})

test('a moment may name its zone', () => {
  expect(parseTime('2026-03-01T12:00+02:00', NOW)).toBe('2026-03-01T10:00:00.000Z')
})
