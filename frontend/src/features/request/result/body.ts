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

/** The bytes that a base64 text stands for. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}

/** The base64 text that stands for bytes. */
export function base64Of(bytes: Uint8Array): string {
  let text = ''
  // In pieces: a function takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}
