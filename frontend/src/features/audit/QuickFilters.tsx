// The commonest terms as selects: each puts its term into the text of the search.
import { useLingui } from '@lingui/react/macro'
import { actorTypes, outcomes } from '@/labels/audit'
import { eventTypes, targetTypes } from '@/labels/events'
import { Select } from '@/ui/forms/inputs'
import { type Field, type Search, withTerm } from './search'

type Option = { value: string; label: string }
type Group = { label: string; options: Option[] }

type QuickFiltersProps = { text: string; search: Search; onChange: (text: string) => void }

/** Selects for event, outcome, actor and time. */
export function QuickFilters({ text, search, onChange }: QuickFiltersProps) {
  const { t, i18n } = useLingui()
  const pick = (field: Field, label: string, all: string, options: (Option | Group)[]) => (
    <TermSelect
      label={label}
      all={all}
      options={options}
      value={search.terms.findLast(term => term.field === field)?.value ?? ''}
      onChange={value => onChange(withTerm(text, field, value === '' ? null : value))}
    />
  )
  const kindLabel = (kind: string) => {
    const label = targetTypes[kind === 'connection_test' ? 'test' : kind]
    return label ? i18n._(label) : kind
  }
  const kinds = [...new Set(Object.keys(eventTypes).map(name => name.split('.')[0] ?? ''))]
  const events = kinds.map(kind => ({
    label: kindLabel(kind),
    options: [
      { value: `${kind}.*`, label: t`All: ${`${kind}.*`}` },
      ...Object.entries(eventTypes)
        .filter(([name]) => name.startsWith(`${kind}.`))
        .map(([name, label]) => ({ value: name.replace(/\.v\d+$/, ''), label: i18n._(label) })),
    ],
  }))
  return (
    <>
      {pick('type', t`Event`, t`Any event`, events)}
      {pick('outcome', t`Outcome`, t`Any outcome`, [
        ...Object.entries(outcomes).map(([name, { label }]) => ({ value: name.toLowerCase(), label: i18n._(label) })),
      ])}
      {pick('actor', t`Actor`, t`Anybody`, [
        ...Object.entries(actorTypes).map(([name, label]) => ({ value: name.toLowerCase(), label: i18n._(label) })),
      ])}
      {pick('after', t`Time`, t`Any time`, [
        { value: '1h', label: t`Last hour` },
        { value: '24h', label: t`Last 24 hours` },
        { value: '7d', label: t`Last 7 days` },
        { value: '30d', label: t`Last 30 days` },
      ])}
    </>
  )
}

type TermSelectProps = {
  label: string
  all: string
  value: string
  options: (Option | Group)[]
  onChange: (value: string) => void
}

function TermSelect({ label, all, value, options, onChange }: TermSelectProps) {
  const known = options.flatMap(option => ('options' in option ? option.options : [option]))
  const option = (entry: Option) => (
    <option key={entry.value} value={entry.value}>
      {entry.label}
    </option>
  )
  return (
    <div className="w-44 max-sm:flex-1 max-sm:basis-32">
      <Select aria-label={label} value={value} onChange={event => onChange(event.target.value)}>
        <option value="">{all}</option>
        {options.map(entry =>
          'options' in entry ? (
            <optgroup key={entry.label} label={entry.label}>
              {entry.options.map(option)}
            </optgroup>
          ) : (
            option(entry)
          ),
        )}
        {/* What was typed and is not on offer. */}
        {value !== '' && !known.some(entry => entry.value === value) && <option value={value}>{value}</option>}
      </Select>
    </div>
  )
}
