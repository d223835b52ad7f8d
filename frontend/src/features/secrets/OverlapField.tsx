// How long the old value of a secret is still tried.
import { Trans, useLingui } from '@lingui/react/macro'
import { Field } from '@/ui/forms/Field'
import { Select, TextInput } from '@/ui/forms/inputs'
import { type SpanUnit, spanOf } from './span'

/** A choice, and what is typed for an own one. */
export type Overlap = { choice: string; count: string; unit: SpanUnit }

const OWN = 'own'

export const NO_OVERLAP: Overlap = { choice: '', count: '', unit: 'hours' }

/** The span as the API writes it; null for none, undefined when what was typed is no number. */
export function overlapOf({ choice, count, unit }: Overlap): string | null | undefined {
  if (choice !== OWN) return choice || null
  return spanOf(count, unit) ?? undefined
}

type OverlapFieldProps = { value: Overlap; onChange: (value: Overlap) => void; error: string | undefined }

/** The usual spans, or an own one. */
export function OverlapField({ value, onChange, error }: OverlapFieldProps) {
  const { t } = useLingui()
  const own = value.choice === OWN
  return (
    <Field
      label={<Trans>Overlap</Trans>}
      hint={
        <Trans>For this long the old value is still tried when the issuer refuses the new one; at most 90 days.</Trans>
      }
      error={error}
      required
    >
      {control => (
        <div className="flex flex-wrap gap-2">
          <Select
            {...control}
            value={value.choice}
            onChange={event => onChange({ ...value, choice: event.target.value })}
            className="max-w-60"
          >
            <option value="">{t`Drop the old value at once`}</option>
            <option value="PT1H">{t`1 hour`}</option>
            <option value="P1D">{t`1 day`}</option>
            <option value="P7D">{t`7 days`}</option>
            <option value="P30D">{t`30 days`}</option>
            <option value={OWN}>{t`Other…`}</option>
          </Select>
          {own && (
            <>
              <TextInput
                inputMode="numeric"
                aria-label={t`Number`}
                aria-invalid={error ? true : undefined}
                value={value.count}
                onChange={event => onChange({ ...value, count: event.target.value })}
                className="max-w-20"
              />
              <Select
                aria-label={t`Unit`}
                value={value.unit}
                onChange={event => onChange({ ...value, unit: event.target.value as SpanUnit })}
                className="max-w-32"
              >
                <option value="minutes">{t`minutes`}</option>
                <option value="hours">{t`hours`}</option>
                <option value="days">{t`days`}</option>
              </Select>
            </>
          )}
        </div>
      )}
    </Field>
  )
}
