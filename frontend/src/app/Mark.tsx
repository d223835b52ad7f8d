/** The product's mark: a key. */
export function Mark({ className }: { className: string }) {
  return (
    <svg viewBox="0 0 40 40" aria-hidden="true" className={className}>
      <rect width="40" height="40" rx="9" className="fill-accent" />
      <g fill="none" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" className="stroke-on-accent">
        <circle cx="14" cy="20" r="5.5" />
        <path d="M19.5 20H32v5m-5-5v3.5" />
      </g>
    </svg>
  )
}
