// What the addresses of pages may say after the question mark. What is not understood is dropped, never an error.
import * as v from 'valibot'

const text = v.fallback(v.optional(v.string()), undefined)
/** A place in the log: typed by hand it is a number, in links of ours maybe a text. */
const position = v.fallback(
  v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer(), v.minValue(1))),
  undefined,
)
const texts = v.fallback(v.optional(v.array(v.string())), undefined)

/** `q`: part of a key or of the definition. */
export const connections = v.object({ q: text, state: texts })
/** `field`: the field of the input to look at first, as a failure's remedy names it. */
export const configuration = v.object({ field: text })
export const usage = v.object({ range: v.fallback(v.optional(v.picklist(['1h', '24h', '7d', '30d'])), undefined) })
/** Two versions to be compared. */
export const history = v.object({
  from: v.fallback(v.optional(v.number()), undefined),
  to: v.fallback(v.optional(v.number()), undefined),
})
export const tasks = v.object({ q: text })
export const task = v.object({
  range: v.fallback(v.optional(v.picklist(['1h', '24h', '7d', '30d'])), undefined),
  tab: v.fallback(v.optional(v.picklist(['request', 'authorisation', 'usage'])), undefined),
})
/** `connection`: authorises the next request. `from`: the exchange to start from. */
export const requests = v.object({ connection: text, from: text })
export const failures = v.object({ connection: texts, task: texts, phase: texts, reason: texts, failure: text })
/** `key`: the secret whose drawer is open; `new`: the one that asks for a new secret. */
export const secrets = v.object({ q: text, key: text, new: v.fallback(v.optional(v.boolean()), undefined) })
/** `event`: position of the event whose drawer is open. */
export const audit = v.object({ q: text, event: position })
