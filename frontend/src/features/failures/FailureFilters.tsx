// Which failures are wanted: pickers that add to the address, and what was picked, to be taken away again.
import type { MessageDescriptor } from '@lingui/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type Ref, useRef, useState } from 'react'
import { requestUntil } from '@/api/request'
import { FailureConnectionChoicesDocument, FailureTaskChoicesDocument } from '@/gen/graphql'
import { failureReasons, phases } from '@/labels/failure'
import { Button } from '@/ui/Button'
import { Combobox, type ComboboxOption } from '@/ui/forms/Combobox'
import { useMessageOf } from '@/ui/messageOf'
import { useShortcuts } from '@/ui/shortcuts'
import type { FailureSearch } from './filter'

type Dimension = keyof FailureSearch

type FailureFiltersProps = {
  search: FailureSearch
  onChange: (search: FailureSearch) => void
}

/** Requests that are held back after a failure are none of their own: the log has the failure, and each request as one. */
const REASONS = Object.entries(failureReasons).filter(([value]) => value !== 'CIRCUIT_OPEN')

/** The row of filters. */
export function FailureFilters({ search, onChange }: FailureFiltersProps) {
  const { t, i18n } = useLingui()
  const first = useRef<HTMLInputElement>(null)
  useShortcuts({ '/': () => first.current?.focus() })
  const add = (dimension: Dimension) => (value: string | null) => {
    const known = search[dimension] ?? []
    if (value !== null && !known.includes(value)) onChange({ ...search, [dimension]: [...known, value] })
  }
  const remove = (dimension: Dimension, value: string) => {
    const left = search[dimension]?.filter(other => other !== value) ?? []
    onChange({ ...search, [dimension]: left.length > 0 ? left : undefined })
  }
  const names: Record<Dimension, string> = {
    connection: t`Connection`,
    task: t`Task`,
    phase: t`Phase`,
    reason: t`Reason`,
  }
  const labelOf = (dimension: Dimension, value: string) => {
    const labels: Record<string, MessageDescriptor> =
      { phase: phases, reason: failureReasons }[dimension as string] ?? {}
    const label = labels[value]
    return label ? i18n._(label) : value
  }
  const picked = (Object.keys(names) as Dimension[]).flatMap(dimension =>
    (search[dimension] ?? []).map(value => ({ dimension, value })),
  )
  const reasonOptions = REASONS.map(([value, label]) => ({ value, label: i18n._(label) }))
  const phaseOptions = Object.entries(phases).map(([value, label]) => ({ value, label: i18n._(label) }))
  return (
    <search aria-label={t`Filter`} className="mb-4 flex flex-col gap-2">
      <div className="grid grid-cols-[repeat(auto-fit,minmax(10rem,1fr))] gap-2">
        <Found name={names.connection} ref={first} onPick={add('connection')} of={connectionChoices} />
        <Found name={names.task} onPick={add('task')} of={taskChoices} />
        <Pick name={names.phase} options={phaseOptions} onPick={add('phase')} />
        <Pick name={names.reason} options={reasonOptions} onPick={add('reason')} />
      </div>
      {picked.length > 0 && (
        <ul className="flex flex-wrap items-center gap-2">
          {picked.map(({ dimension, value }) => (
            <li key={`${dimension} ${value}`}>
              <Picked name={names[dimension]} onRemove={() => remove(dimension, value)}>
                {labelOf(dimension, value)}
              </Picked>
            </li>
          ))}
          <li>
            <Button look="quiet" onClick={() => onChange({})}>
              <Trans>Clear the filter</Trans>
            </Button>
          </li>
        </ul>
      )}
    </search>
  )
}

function Picked({ name, onRemove, children }: { name: string; onRemove: () => void; children: string }) {
  const { t } = useLingui()
  return (
    <button
      type="button"
      aria-label={t`${name} ${children}: remove`}
      onClick={onRemove}
      className="inline-flex min-h-7 items-center gap-1.5 rounded-md bg-accent-soft px-2 text-sm hover:bg-hover forced-colors:border"
    >
      <span className="text-muted">{name}</span> <span className="font-medium break-all">{children}</span>
      <X aria-hidden className="size-3.5" />
    </button>
  )
}

type PickProps = { name: string; onPick: (value: string | null) => void; ref?: Ref<HTMLInputElement> }

function Pick({ name, options, onPick, ref, ...rest }: PickProps & Partial<Parameters<typeof Combobox>[0]>) {
  return (
    <Combobox
      {...rest}
      {...(ref && { ref })}
      aria-label={name}
      placeholder={name}
      value={null}
      fixed
      options={options ?? []}
      onChange={onPick}
    />
  )
}

type Choices = (signal: AbortSignal, query: string) => Promise<{ key: string; displayName: string }[]>

/** A picker of things that the server finds. */
function Found({ name, onPick, ref, of }: PickProps & { of: { key: string; find: Choices } }) {
  const [typed, setTyped] = useState<string | null>(null)
  const messageOf = useMessageOf()
  const found = useQuery({
    queryKey: [of.key, 'choices', typed],
    queryFn: ({ signal }) => of.find(signal, typed ?? ''),
    enabled: typed !== null,
    placeholderData: before => before,
  })
  const options: ComboboxOption[] = (found.data ?? []).map(({ key, displayName }) => ({
    value: key,
    label: displayName,
    detail: <span className="font-mono">{key}</span>,
  }))
  return (
    <Pick
      name={name}
      onPick={onPick}
      {...(ref && { ref })}
      options={options}
      onSearch={setTyped}
      pending={found.isFetching}
      failure={found.error ? messageOf(found.error) : undefined}
    />
  )
}

const connectionChoices = {
  key: 'connections',
  find: (async (signal, query) =>
    (await requestUntil(signal, FailureConnectionChoicesDocument, { query })).connections?.nodes ??
    []) satisfies Choices,
}
const taskChoices = {
  key: 'tasks',
  find: (async (signal, query) =>
    (await requestUntil(signal, FailureTaskChoicesDocument, { query })).httpRequestTasks?.nodes ??
    []) satisfies Choices,
}
