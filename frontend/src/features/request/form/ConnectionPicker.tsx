// Finds a connection among all of them.
import { useLingui } from '@lingui/react/macro'
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { type Ref, useState } from 'react'
import { requestUntil } from '@/api/request'
import { PickConnectionDocument, PickedConnectionDocument } from '@/gen/graphql'
import { connectionStates } from '@/labels/connectionState'
import { Combobox, type ComboboxOption } from '@/ui/forms/Combobox'
import type { ControlProps } from '@/ui/forms/Field'
import { filterOptions } from '@/ui/forms/useCombobox'
import { useMessageOf } from '@/ui/messageOf'
import { Status } from '@/ui/Status'

/** What is known of the chosen connection. */
export function pickedConnectionQuery(key: string | null) {
  return queryOptions({
    queryKey: ['connection', key, 'picked'],
    queryFn: async ({ signal }) =>
      (await requestUntil(signal, PickedConnectionDocument, { key: key ?? '' })).connection,
    enabled: key !== null,
  })
}

/** The connections whose Key or definition has a text. */
export function pickConnectionQuery(text: string, enabled: boolean) {
  return queryOptions({
    queryKey: ['connections', 'pick', text],
    queryFn: async ({ signal }) =>
      (await requestUntil(signal, PickConnectionDocument, { query: text || null })).connections?.nodes ?? [],
    placeholderData: keepPreviousData,
    enabled,
  })
}

type ConnectionPickerProps = {
  control: ControlProps
  value: string | null
  onChange: (key: string | null) => void
  onBlur: () => void
  ref: Ref<HTMLInputElement>
}

/** A picker with search on the server. */
export function ConnectionPicker({ control, value, onChange, onBlur, ref }: ConnectionPickerProps) {
  const { t, i18n } = useLingui()
  const [text, setText] = useState<string | null>(null)
  const messageOf = useMessageOf()
  const found = useQuery(pickConnectionQuery(text ?? '', text !== null))
  const picked = useQuery(pickedConnectionQuery(value))
  const options = (found.data ?? []).map(({ key, displayName, state }) => ({
    value: key,
    label: displayName,
    detail: (
      <span className="flex items-center gap-3">
        <span className="font-mono max-sm:hidden">{key}</span>
        {state && <Status tone={connectionStates[state].tone}>{i18n._(connectionStates[state].label)}</Status>}
      </span>
    ),
  }))
  return (
    <Combobox
      {...control}
      ref={ref}
      value={value}
      valueLabel={picked.data?.displayName}
      onChange={onChange}
      onBlur={onBlur}
      onSearch={setText}
      options={namedFirst(options, text ?? '')}
      pending={found.isFetching}
      failure={found.error ? messageOf(found.error) : undefined}
      placeholder={t`Search connections`}
    />
  )
}

/** Those that are called what was typed come before those that only have it in their definition. */
export function namedFirst<O extends ComboboxOption>(options: readonly O[], text: string): O[] {
  const named = filterOptions(options, text)
  return [...named, ...options.filter(option => !named.includes(option))]
}
