// The body of an answer as it is shown. It comes from a stranger: whatever it is, it is shown as text.
import { prettyJson } from '../json'

/** How many characters are shown before somebody asks for the rest: more would make the page slow. */
export const SHOWN_CHARACTERS_MAX = 100_000

/** A text as it is shown: JSON laid out, everything else as it is. */
export function readable(text: string): { text: string; isJson: boolean } {
  // Numbers and quoted words are JSON as well, and nothing would be laid out.
  const pretty = /^\s*[[{]/.test(text) ? prettyJson(text) : null
  return pretty === null ? { text, isJson: false } : { text: pretty, isJson: true }
}
