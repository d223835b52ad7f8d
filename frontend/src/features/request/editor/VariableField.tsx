import { Trans, useLingui } from '@lingui/react/macro'
import { useFormContext } from 'react-hook-form'
import { Field } from '@/ui/forms/Field'
import { Checkbox, TextInput } from '@/ui/forms/inputs'
import { errorAt } from '../form/errors'
import type { RunValues } from './runInput'

/** What a variable is filled with in a run: a text, or a JSON value. */
export function VariableField({ name, index }: { name: string; index: number }) {
  const { t } = useLingui()
  const { register, formState } = useFormContext<RunValues>()
  return (
    <Field
      label={<span className="font-mono">{name}</span>}
      error={errorAt(formState.errors, `variables.${index}.value`)}
      required
    >
      {props => (
        <div className="flex items-center gap-3">
          <TextInput mono {...props} {...register(`variables.${index}.value`)} />
          <Checkbox
            {...register(`variables.${index}.json`)}
            aria-label={t`${name} is a JSON value`}
            title={t`Read as a JSON value: a number, true, a list. Otherwise it is text.`}
          >
            <Trans comment="Short name of the switch that reads a value as JSON">JSON</Trans>
          </Checkbox>
        </div>
      )}
    </Field>
  )
}
