// The syntax of the search over events: `type:connection.* target:billing after:24h`.
//
// Terms of one field mean any of them, terms of different fields all of them. What is not understood is a problem with a
// name and the search is not made: an auditor must not take half an answer for a whole one.
import type { ActorType, AuditOutcome } from '@/gen/enums'
import type { AuditEventFilter } from '@/gen/graphql'
import { actorTypes, outcomes } from '@/labels/audit'
import { eventTypes, targetTypes } from '@/labels/events'
import { KEY } from '@/ui/forms/keyOf'
import { parseTime } from './time'

/** What can stand before the colon. */
export const FIELDS = ['type', 'target', 'actor', 'outcome', 'after', 'before', 'correlation'] as const
export type Field = (typeof FIELDS)[number]

/** One `field:value` and where it stands in the text. */
export type Term = { field: Field; value: string; quoted: boolean; start: number; end: number }

/** Why a search can't be made. `text` is the part of it that is wrong. */
export type Problem = { kind: ProblemKind; text: string }
export type ProblemKind =
  | 'noField'
  | 'unknownField'
  | 'noValue'
  | 'openQuote'
  | 'unknownType'
  | 'unknownTargetType'
  | 'badKey'
  | 'badOutcome'
  | 'badTime'
  | 'badCorrelation'
  | 'twice'
  | 'emptyRange'

/** What a text asks for. The filter holds only when there are no problems. */
export type Search = { terms: Term[]; problems: Problem[]; filter: AuditEventFilter }

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const isField = (name: string): name is Field => (FIELDS as readonly string[]).includes(name)

/** Reads a text. `now` is what `after:1h` counts from, in milliseconds. */
export function parseSearch(text: string, now: number): Search {
  const { terms, problems } = lex(text)
  const reader = new Reader(problems, now)
  for (const term of terms) reader.take(term)
  return { terms, problems, filter: reader.filter() }
}

function lex(text: string): { terms: Term[]; problems: Problem[] } {
  const terms: Term[] = []
  const problems: Problem[] = []
  const word = /(?:([^\s":]*):)?(?:"((?:[^"\\]|\\.)*)("?)|([^\s"]*))/y
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at += 1
      continue
    }
    word.lastIndex = at
    const match = word.exec(text)
    const [whole = '', name, inQuotes, closing, bare] = match ?? []
    const end = at + Math.max(whole.length, 1)
    const value = inQuotes === undefined ? (bare ?? '') : inQuotes.replace(/\\(.)/g, '$1')
    if (inQuotes !== undefined && closing === '') problems.push({ kind: 'openQuote', text: whole })
    else if (name === undefined) problems.push({ kind: 'noField', text: whole })
    else if (!isField(name)) problems.push({ kind: 'unknownField', text: name })
    else if (value === '') problems.push({ kind: 'noValue', text: name })
    else terms.push({ field: name, value, quoted: inQuotes !== undefined, start: at, end })
    at = end
  }
  return { terms, problems }
}

/** Collects the terms into a filter. */
class Reader {
  private readonly lists = {
    types: new Set<string>(),
    targets: new Set<string>(),
    targetTypes: new Set<string>(),
    actors: new Set<string>(),
    actorTypes: new Set<ActorType>(),
    outcomes: new Set<AuditOutcome>(),
  }
  private readonly once = new Map<Field, string>()

  constructor(
    private readonly problems: Problem[],
    private readonly now: number,
  ) {}

  take(term: Term): void {
    const { field, value } = term
    if (field === 'type') this.type(value)
    else if (field === 'target') this.target(value)
    else if (field === 'actor') this.actor(term)
    else if (field === 'outcome') this.outcome(value)
    else if (field === 'correlation') this.single(term, UUID.test(value) ? value.toLowerCase() : null, 'badCorrelation')
    else this.single(term, parseTime(value, this.now), 'badTime')
  }

  filter(): AuditEventFilter {
    const { types, targets, targetTypes, actors, actorTypes, outcomes } = this.lists
    const filter: AuditEventFilter = {
      ...(types.size > 0 && { types: [...types] }),
      ...(targets.size > 0 && { targets: [...targets] }),
      ...(targetTypes.size > 0 && { targetTypes: [...targetTypes] }),
      ...(actors.size > 0 && { actors: [...actors] }),
      ...(actorTypes.size > 0 && { actorTypes: [...actorTypes] }),
      ...(outcomes.size > 0 && { outcomes: [...outcomes] }),
    }
    const correlationId = this.once.get('correlation')
    if (correlationId !== undefined) filter.correlationId = correlationId
    const [from, to] = [this.once.get('after'), this.once.get('before')]
    if (from !== undefined && to !== undefined && from >= to) this.problem('emptyRange', `${from} – ${to}`)
    if (from !== undefined || to !== undefined)
      filter.range = { from: from ?? new Date(0).toISOString(), ...(to !== undefined && { to }) }
    return filter
  }

  private type(value: string): void {
    const found = expandType(value)
    if (found.length === 0) this.problem('unknownType', value)
    for (const name of found) this.lists.types.add(name)
  }

  /** A Key; or `secret/*` for all secrets. */
  private target(value: string): void {
    const kind = /^(.*)\/\*$/.exec(value)?.[1]
    if (kind === undefined) this.add('targets', KEY.test(value) ? value : null, 'badKey', value)
    else this.add('targetTypes', Object.hasOwn(targetTypes, kind) ? kind : null, 'unknownTargetType', kind)
  }

  /** A kind of actor, or the id of one; in quotes always an id. */
  private actor({ value, quoted }: Term): void {
    const kind = value.toUpperCase()
    if (!quoted && Object.hasOwn(actorTypes, kind)) this.lists.actorTypes.add(kind as ActorType)
    else this.lists.actors.add(value)
  }

  private outcome(value: string): void {
    const name = value.toUpperCase()
    this.add('outcomes', Object.hasOwn(outcomes, name) ? (name as AuditOutcome) : null, 'badOutcome', value)
  }

  private single(term: Term, value: string | null, kind: ProblemKind): void {
    if (value === null) this.problem(kind, term.value)
    else if (this.once.has(term.field)) this.problem('twice', term.field)
    else this.once.set(term.field, value)
  }

  private add<L extends 'targets' | 'targetTypes' | 'outcomes'>(
    list: L,
    value: string | null,
    kind: ProblemKind,
    text: string,
  ): void {
    if (value === null) this.problem(kind, text)
    else (this.lists[list] as Set<string>).add(value)
  }

  private problem(kind: ProblemKind, text: string): void {
    this.problems.push({ kind, text })
  }
}

/** The persisted names that `connection.created.v1`, `connection.created` or `connection.*` means. */
export function expandType(value: string): string[] {
  const names = Object.keys(eventTypes)
  if (value.endsWith('*')) return names.filter(name => name.startsWith(value.slice(0, -1)))
  return names.filter(name => name === value || name.replace(/\.v\d+$/, '') === value)
}

/** The text with that one term for the field instead of those it has; without any when the value is null. */
export function withTerm(text: string, field: Field, value: string | null): string {
  const others = parseSearch(text, 0).terms.filter(term => term.field === field)
  const rest = others.reduceRight(without, text)
  return value === null ? rest : `${rest} ${field}:${quote(value)}`.trim()
}

/** The text without one of its terms. */
export function without(text: string, { start, end }: Pick<Term, 'start' | 'end'>): string {
  return `${text.slice(0, start).trimEnd()} ${text.slice(end).trimStart()}`.trim()
}

/** A value as it may stand behind a colon. */
export function quote(value: string): string {
  return value === '' || /[\s"]/.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value
}

/** Texts that the last word of a text could become. `targets` and `actors` are names that are known by now. */
export function completions(text: string, known: { targets: string[]; actors: string[] }): string[] {
  const start = text.search(/\S*$/)
  const [before, word] = [text.slice(0, start), text.slice(start)]
  if (word === '' || word.includes('"')) return []
  const colon = word.indexOf(':')
  const candidates = colon === -1 ? FIELDS.map(field => `${field}:`) : values(word.slice(0, colon), known)
  return candidates.filter(candidate => candidate.startsWith(word) && candidate !== word).map(found => before + found)
}

function values(field: string, { targets, actors }: { targets: string[]; actors: string[] }): string[] {
  const lists: Record<string, string[]> = {
    type: [
      ...new Set(Object.keys(eventTypes).flatMap(name => [`${name.split('.')[0]}.*`, name.replace(/\.v\d+$/, '')])),
    ],
    target: [...targets, ...Object.keys(targetTypes).map(kind => `${kind}/*`)],
    actor: [...Object.keys(actorTypes).map(kind => kind.toLowerCase()), ...actors.map(quote)],
    outcome: Object.keys(outcomes).map(name => name.toLowerCase()),
    after: ['1h', '24h', '7d', '30d'],
    before: ['1h', '24h', '7d', '30d'],
  }
  return (Object.hasOwn(lists, field) ? (lists[field] ?? []) : []).map(value => `${field}:${value}`)
}
