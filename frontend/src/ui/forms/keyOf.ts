// Keys that fit names.
import { msg } from '@lingui/core/macro'

/** What a Key may be. */
export const KEY = /^[a-z][a-z0-9-]{0,62}$/
const KEY_MAX = 63

/** Whether a page stands where the thing with this Key would: `/connections/new`. */
export const isReserved = (key: string): boolean => key.trim() === 'new'

/** Why such a Key is refused. */
export const reservedText = msg`A Key can’t be “new”: the page for a new one has this address.`

/** A Key made of a name: "Größe (EU)" is `grosse-eu`. Empty when the name has nothing that could be in one. */
export function keyOf(name: string): string {
  return name
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, KEY_MAX)
    .replace(/-+$/, '')
}
