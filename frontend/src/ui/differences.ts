// What differs between two JSON values, told as a person would: by field, not by line.
//
// Written here because what there is (microdiff, json-diff-ts) compares lists by index alone or needs a key named for each
// path: one label taken from the front of a list would then read as a change of all of them.

/** One difference. A value that is null and one that is not there are the same nothing, and are undefined here. */
export type Difference = {
  /** Where: `authentication.secret`, `parameters[scope].value`. */
  path: string
  kind: 'added' | 'removed' | 'changed'
  before: Leaf | undefined
  after: Leaf | undefined
}

/** A value without parts of its own; or a list in which only the order has changed. */
export type Leaf = string | number | boolean | Leaf[] | Record<string, never>

/** What names an entry of a list, the best first. */
const NAMES = ['name', 'key', 'id', 'field']

/** The differences from one value to another, in the order of the newer one; what was removed comes behind its siblings. */
export function differences(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = []
  compare('', before ?? undefined, after ?? undefined, found)
  return found
}

function compare(path: string, before: unknown, after: unknown, found: Difference[]): void {
  if (isList(before) || isList(after)) {
    const [from, to] = [isList(before) ? before : [], isList(after) ? after : []]
    if (!isList(before)) compare(path, before, undefined, found)
    compareLists(path, from, to, found)
    if (!isList(after)) compare(path, undefined, after, found)
  } else if (isObject(before) || isObject(after)) {
    const [from, to] = [isObject(before) ? before : {}, isObject(after) ? after : {}]
    if (!isObject(before)) compare(path, before, undefined, found)
    for (const name of new Set([...Object.keys(to), ...Object.keys(from)]))
      compare(path ? `${path}.${name}` : name, from[name] ?? undefined, to[name] ?? undefined, found)
    if (!isObject(after)) compare(path, undefined, after, found)
  } else if (before !== after) {
    add(path, before as Leaf | undefined, after as Leaf | undefined, found)
  }
}

function compareLists(path: string, before: unknown[], after: unknown[], found: Difference[]): void {
  const all = [...before, ...after]
  if (all.every(isScalar)) {
    compareScalars(path, before as Leaf[], after as Leaf[], found)
    return
  }
  const name = NAMES.find(candidate => isName(candidate, before) && isName(candidate, after))
  if (name === undefined) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1)
      compare(`${path}[${index}]`, before[index] ?? undefined, after[index] ?? undefined, found)
    return
  }
  const named = (list: unknown[]) => new Map(list.map(entry => [String((entry as Json)[name]), nameless(entry, name)]))
  const [from, to] = [named(before), named(after)]
  for (const entry of new Set([...to.keys(), ...from.keys()]))
    compare(`${path}[${entry}]`, from.get(entry), to.get(entry), found)
  compareOrder(path, [...from.keys()], [...to.keys()], found)
}

/** An entry without its name, which its path tells already; unless it has nothing else. */
function nameless(entry: unknown, name: string): unknown {
  const { [name]: known, ...rest } = entry as Json
  return Object.keys(rest).length > 0 ? rest : known
}

/** Entries that are nothing but a value have come or gone, wherever they stood. */
function compareScalars(path: string, before: Leaf[], after: Leaf[], found: Difference[]): void {
  const gone = [...before]
  for (const value of after) {
    const index = gone.indexOf(value)
    if (index === -1) add(path, undefined, value, found)
    else gone.splice(index, 1)
  }
  for (const value of gone) add(path, value, undefined, found)
  compareOrder(path, before, after, found)
}

/** What is in both lists stands there in another order. */
function compareOrder(path: string, before: Leaf[], after: Leaf[], found: Difference[]): void {
  const kept = before.filter(value => after.includes(value))
  const now = after.filter(value => before.includes(value))
  if (kept.length === now.length && kept.some((value, index) => value !== now[index])) add(path, before, after, found)
}

function add(path: string, before: Leaf | undefined, after: Leaf | undefined, found: Difference[]): void {
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  found.push({ path, kind, before, after })
}

type Json = Record<string, unknown>

const isList = Array.isArray
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !isList(value)
const isScalar = (value: unknown) => typeof value !== 'object' || value === null

/** Whether every entry has that field and no two have the same. */
function isName(field: string, list: unknown[]): boolean {
  const names = list.map(entry => (isObject(entry) ? entry[field] : undefined))
  return names.every(name => typeof name === 'string') && new Set(names).size === names.length
}
