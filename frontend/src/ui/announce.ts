// One polite voice for screen readers, which never says more than one thing in five seconds (WCAG 4.1.3).

/** The least time between two announcements of changes that come by themselves. */
const QUIET_MS = 5_000

let region: HTMLElement | null = null
let spokenAt = 0
let waiting: ReturnType<typeof setTimeout> | undefined

/** Names the element that speaks. */
export function setVoice(element: HTMLElement | null): void {
  region = element
}

/** Says what an action of the user has led to, at once. */
export function announce(text: string): void {
  clearTimeout(waiting)
  spokenAt = Date.now()
  if (region) region.textContent = text
}

/** Says what has happened by itself: the newest summary, at most every five seconds. */
export function summarise(text: string): void {
  clearTimeout(waiting)
  waiting = setTimeout(() => announce(text), Math.max(0, spokenAt + QUIET_MS - Date.now()))
}
