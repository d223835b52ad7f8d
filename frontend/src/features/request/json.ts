// JSON as text. Reading a text into a value and writing it again would change numbers that JavaScript can't hold, so the
// text itself is laid out, and a text with such a number is not sent as a value.

/** What a text is: a value, or why it is none. `at` is the part that is wrong, where that is known. */
export type ReadJson =
  | { ok: true; value: unknown }
  | { ok: false; why: 'INVALID_JSON'; detail: string }
  | { ok: false; why: 'INEXACT_NUMBER'; detail: string }

/** Strings whole, and numbers; everything else character by character. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|\s+|[\s\S]/g

/** Reads a JSON text whose numbers all survive the reading. */
export function readJson(text: string): ReadJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, why: 'INVALID_JSON', detail: error instanceof Error ? error.message : '' }
  }
  const inexact = (text.match(TOKENS) ?? []).find(token => /^-?\d/.test(token) && !survives(token))
  return inexact === undefined ? { ok: true, value } : { ok: false, why: 'INEXACT_NUMBER', detail: inexact }
}

/** Whether a number means the same after JavaScript has read and written it. */
function survives(token: string): boolean {
  const read = Number(token)
  return Number.isFinite(read) && canonical(token) === canonical(String(read))
}

/** The digits of a number without its point and zeros at either end, and its power of ten. */
function canonical(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/** Lays a JSON text out over lines with every token as it was; null when it is no JSON. */
export function prettyJson(text: string): string | null {
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  const tokens = (text.match(TOKENS) ?? []).filter(token => token.trim() !== '')
  let depth = 0
  let pretty = ''
  const line = () => `\n${'  '.repeat(depth)}`
  tokens.forEach((token, index) => {
    if (token === '{' || token === '[') {
      depth += 1
      pretty += token
      if (!isEnd(tokens[index + 1])) pretty += line()
    } else if (isEnd(token)) {
      depth -= 1
      const before = tokens[index - 1]
      pretty += before === '{' || before === '[' ? token : line() + token
    } else if (token === ',') pretty += token + line()
    else if (token === ':') pretty += ': '
    else pretty += token
  })
  return pretty
}

function isEnd(token: string | undefined): boolean {
  return token === '}' || token === ']'
}
