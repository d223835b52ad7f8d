// Names and values: of headers, of a query, of a form.
import { useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { useFieldArray, useFormContext } from 'react-hook-form'
import { Rows } from '@/ui/forms/Rows'
import { CellInput } from './CellInput'
import { errorAt } from './errors'
import type { RequestValues } from './values'

type PairsFieldProps = {
  name: 'query' | 'headers' | 'body.form'
  /** What the rows are called. */
  label: string
  addLabel: ReactNode
  empty?: ReactNode
}

/** Rows of a name and a value each. */
export function PairsField({ name, label, addLabel, empty }: PairsFieldProps) {
  const { t } = useLingui()
  const { control, register, formState } = useFormContext<RequestValues>()
  const { fields, append, remove } = useFieldArray({ control, name })
  return (
    <Rows
      label={label}
      keys={fields.map(({ id }) => id)}
      addLabel={addLabel}
      empty={empty}
      error={errorAt(formState.errors, name)}
      onAdd={() => append({ name: '', value: '' })}
      onRemove={remove}
    >
      {index => (
        <>
          <CellInput
            label={t`Name`}
            error={errorAt(formState.errors, `${name}.${index}.name`)}
            {...register(`${name}.${index}.name`)}
          />
          <CellInput
            label={t`Value`}
            error={errorAt(formState.errors, `${name}.${index}.value`)}
            {...register(`${name}.${index}.value`)}
          />
        </>
      )}
    </Rows>
  )
}
