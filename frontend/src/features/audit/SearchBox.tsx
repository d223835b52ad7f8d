// The search over events: one text, and controls that edit the same text.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { requestUntil } from '@/api/request'
import { secretNamesQuery } from '@/api/secrets'
import { useMissing } from '@/api/viewer'
import { AuditTargetsDocument } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { TextInput } from '@/ui/forms/inputs'
import { useShortcuts } from '@/ui/shortcuts'
import { useDebounced } from '@/ui/useDebounced'
import { ProblemText } from './ProblemText'
import { QuickFilters } from './QuickFilters'
import { SyntaxHelp } from './SyntaxHelp'
import { completions, type Search, type Term, without } from './search'

type SearchBoxProps = {
  text: string
  search: Search
  /** Ids of actors that have been seen. */
  actors: string[]
  onChange: (text: string) => void
}

/** The box, what is wrong with its text, and its terms one by one. */
export function SearchBox({ text, search, actors, onChange }: SearchBoxProps) {
  const { t } = useLingui()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [draft, setDraft] = useState(text)
  // The text may be changed from outside: by a chip, a link, the browser's way back.
  useEffect(() => setDraft(text), [text])
  useShortcuts({ '/': () => input.current?.focus() })
  const options = useCompletions(draft, actors)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onChange(draft.trim())
  }
  const invalid = search.problems.length > 0
  return (
    <search className="flex flex-col gap-2">
      <form onSubmit={submit} className="flex flex-wrap gap-2">
        <div className="min-w-0 flex-1 basis-40">
          <TextInput
            ref={input}
            mono
            aria-label={t`Search events`}
            aria-describedby={invalid ? `${id}-problems` : undefined}
            aria-invalid={invalid || undefined}
            placeholder="type:connection.* target:billing after:24h"
            list={`${id}-options`}
            value={draft}
            onChange={event => setDraft(event.target.value)}
          />
          <datalist id={`${id}-options`}>
            {options.map(option => (
              <option key={option} value={option} />
            ))}
          </datalist>
        </div>
        <Button type="submit">
          <Trans>Search</Trans>
        </Button>
        <SyntaxHelp />
      </form>
      {invalid && (
        <div role="alert">
          <ul id={`${id}-problems`} className="flex flex-col gap-0.5 text-sm text-bad">
            {search.problems.map((problem, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same mistake may be made twice
              <li key={index}>
                <ProblemText problem={problem} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <QuickFilters text={text} search={search} onChange={onChange} />
        {search.terms.map(term => (
          <TermChip key={term.start} term={term} onRemove={() => onChange(without(text, term))} />
        ))}
        {text !== '' && (
          <Button look="quiet" onClick={() => onChange('')}>
            <Trans>Clear</Trans>
          </Button>
        )}
      </div>
    </search>
  )
}

function TermChip({ term, onRemove }: { term: Term; onRemove: () => void }) {
  const { t } = useLingui()
  const text = `${term.field}:${term.value}`
  return (
    <span className="inline-flex min-h-8 max-w-full items-center rounded-md border border-line bg-accent-soft ps-2.5 font-mono text-sm">
      <span className="min-w-0 truncate">{text}</span>
      <button
        type="button"
        aria-label={t`Remove ${text}`}
        onClick={onRemove}
        className="flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:text-ink"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  )
}

const PAUSE_MS = 180

/** What the last word of the text could become. */
function useCompletions(draft: string, actors: string[]): string[] {
  const wanted = /(?:^|\s)target:([a-z0-9-]+)$/.exec(draft)?.[1] ?? ''
  const query = useDebounced(wanted, PAUSE_MS)
  // Whoever may not list them types the name.
  const may = {
    connections: useMissing('list:Connection') === null,
    tasks: useMissing('list:HttpRequestTask') === null,
  }
  const maySecrets = useMissing('list:Secret') === null
  const { data } = useQuery({
    queryKey: ['audit', 'targets', query, may],
    queryFn: ({ signal }) => requestUntil(signal, AuditTargetsDocument, { query, ...may }),
    enabled: query !== '' && (may.connections || may.tasks),
    retry: false,
  })
  const { data: secrets } = useQuery({ ...secretNamesQuery, enabled: query !== '' && maySecrets, retry: false })
  return useMemo(() => {
    const lists = [data?.connections?.nodes, data?.httpRequestTasks?.nodes, secrets?.rows]
    const targets = new Set(lists.flatMap(list => list?.map(node => node.key) ?? []))
    return completions(draft, { targets: [...targets].sort(), actors })
  }, [draft, data, secrets, actors])
}
