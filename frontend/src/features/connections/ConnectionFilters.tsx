// The filter above the list of connections. What it says is kept in the page's address.
import { Trans, useLingui } from '@lingui/react/macro'
import type { Ref } from 'react'
import type { ConnectionState } from '@/gen/enums'
import { connectionStates } from '@/labels/connectionState'
import { classes } from '@/ui/classes'
import { QueryBox } from '@/ui/QueryBox'
import { Status } from '@/ui/Status'
import { type ConnectionSearch, statesOf } from './filter'

type FiltersProps = {
  search: ConnectionSearch
  onChange: (search: ConnectionSearch) => void
  ref: Ref<HTMLInputElement>
}

/** A box for part of a name, and the states to be shown. */
export function ConnectionFilters({ search, onChange, ref }: FiltersProps) {
  const { t, i18n } = useLingui()
  const states = statesOf(search)
  const toggle = (state: ConnectionState) => {
    const next = states.includes(state) ? states.filter(other => other !== state) : [...states, state]
    onChange({ ...search, state: next.length > 0 ? next : undefined })
  }
  return (
    <search className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
      <QueryBox
        label={t`Filter connections`}
        placeholder={t`Name, Key, host…`}
        value={search.q ?? ''}
        onChange={q => onChange({ ...search, q: q || undefined })}
        ref={ref}
      />
      <fieldset className="flex min-w-0 flex-wrap items-center gap-1">
        <legend className="sr-only">
          <Trans>States to show</Trans>
        </legend>
        {Object.entries(connectionStates).map(([name, { label, tone }]) => {
          const state = name as ConnectionState
          const on = states.includes(state)
          return (
            <button
              key={state}
              type="button"
              aria-pressed={on}
              onClick={() => toggle(state)}
              className={classes(
                'min-h-7 rounded-full border px-2.5 text-sm hover:bg-hover',
                on ? 'border-accent bg-accent-soft font-medium' : 'border-line text-muted',
              )}
            >
              <Status tone={tone}>{i18n._(label)}</Status>
            </button>
          )
        })}
      </fieldset>
    </search>
  )
}
