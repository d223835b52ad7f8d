/** Whether a text contains every word that was typed, in any order and case. */
export function matchesWords(typed: string, text: string): boolean {
  const lower = text.toLowerCase()
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every(word => lower.includes(word))
}
