// A part of a page that is folded away until somebody wants it.
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'

type FoldProps = {
  summary: ReactNode
  /** What is in it, in a few words, beside the summary. */
  note?: ReactNode
  children: ReactNode
}

/** The browser's own: it is found by the page's search, and opens for a link into it. */
export function Fold({ summary, note, children }: FoldProps) {
  return (
    <details className="group">
      <summary className="flex min-h-8 list-none items-center gap-1.5 rounded-sm font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          className="size-4 shrink-0 text-muted transition-transform group-open:rotate-90 rtl:-scale-x-100"
        />
        {summary}
        {note && <span className="text-sm font-normal text-muted">{note}</span>}
      </summary>
      <div className="flex flex-col gap-4 pt-3 ps-5.5">{children}</div>
    </details>
  )
}
