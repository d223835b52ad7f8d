// What an event says that its target is from now on, so that it can be compared with what it was.

type Json = Record<string, unknown>

type Rule = {
  /** Events that say it. */
  types: string[]
  /** The event after which there is nothing more. */
  end: string
  says: (data: Json) => unknown
}

const rules: Rule[] = [
  {
    types: ['connection.created.v1', 'connection.updated.v1'],
    end: 'connection.deleted.v1',
    says: data => data.definition,
  },
  { types: ['task.created.v1', 'task.updated.v1'], end: 'task.deleted.v1', says: data => data.definition },
  // What a rotation leaves out stays as it was, but for the times: those hold for one value.
  {
    types: ['secret.created.v1', 'secret.rotated.v1'],
    end: 'secret.deleted.v1',
    says: ({ fingerprint, expires_at, overlap_until }) => ({ fingerprint, expires_at, overlap_until }),
  },
]

/** How to compare: `after`, and the events before this one that say what was. Null where nothing is to be compared. */
export type Change = { after: unknown; types: string[]; said: (data: unknown) => unknown }

/** What an event changed. The first event of a target has nothing before it: `types` is empty. */
export function changeOf(type: string, data: unknown): Change | null {
  const rule = rules.find(({ types, end }) => types.includes(type) || end === type)
  if (!rule) return null
  const said = (from: unknown) => (isObject(from) ? rule.says(from) : undefined)
  return {
    after: type === rule.end ? undefined : said(data),
    types: type === rule.types[0] ? [] : rule.types,
    said,
  }
}

/** The reason that somebody gave, if they did. */
export function reasonOf(type: string, data: unknown): string | null {
  // `reason` of a token's events says why it was asked for, not what a person wrote.
  const isPersons =
    rules.some(({ types, end }) => types.includes(type) || end === type) || /\.(en|dis)abled\./.test(type)
  return isPersons && isObject(data) && typeof data.reason === 'string' ? data.reason : null
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null
