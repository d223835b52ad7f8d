// The variables of a task, found while they are typed. The grammar is the server's: `{{name}}`, and `{{{{` for `{{`.
import type { RequestValues } from './values'

/** A variable. `standsAlone`: somewhere it stands for a JSON value of its own, outside of quotes. */
export type Variable = { name: string; standsAlone: boolean }

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/** The variables of a request in the order of their first use. */
export function findVariables(values: Pick<RequestValues, 'url' | 'query' | 'headers' | 'body'>): Variable[] {
  const { url, query, headers, body } = values
  const found = new Map<string, boolean>()
  const add = (text: string, isJson = false) => {
    for (const { name, quoted } of variablesOf(text)) found.set(name, (found.get(name) ?? false) || (isJson && !quoted))
  }
  add(url)
  for (const { value } of [...query, ...headers]) add(value)
  if (body.kind === 'text') add(body.text, isJsonText(headers))
  if (body.kind === 'json') add(body.json)
  if (body.kind === 'form') for (const { value } of body.form) add(value)
  return [...found].map(([name, standsAlone]) => ({ name, standsAlone }))
}

/** Whether a text body is a JSON text, by its header. */
function isJsonText(headers: RequestValues['headers']): boolean {
  return headers.some(
    ({ name, value }) =>
      name.trim().toLowerCase() === 'content-type' && /^[\w.-]+\/(?:[\w.-]+\+)?json\b/i.test(value.trim()),
  )
}

/** Whether a variable stands outside of quotes: no JSON value, but a text that becomes one. */
export function hasVariableOutsideQuotes(json: string): boolean {
  return variablesOf(json).some(({ quoted }) => !quoted)
}

/** The variables of a text; `quoted` are those within a JSON string, if it is a JSON text. */
function variablesOf(text: string): { name: string; quoted: boolean }[] {
  const found: { name: string; quoted: boolean }[] = []
  let quoted = false
  let at = 0
  while (at < text.length) {
    if (text.startsWith('{{{{', at)) {
      at += 4
    } else if (text.startsWith('{{', at)) {
      const end = text.indexOf('}}', at)
      const name = end === -1 ? '' : text.slice(at + 2, end).trim()
      if (NAME.test(name)) found.push({ name, quoted })
      at = NAME.test(name) ? end + 2 : at + 2
    } else {
      if (text[at] === '\\' && quoted) at += 1
      else if (text[at] === '"') quoted = !quoted
      at += 1
    }
  }
  return found
}
