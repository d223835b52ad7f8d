// Parameter overrides: what stands over the connection's own parameters of the token request.
import { Trans, useLingui } from '@lingui/react/macro'
import { useFieldArray, useFormContext } from 'react-hook-form'
import { Select } from '@/ui/forms/inputs'
import { Rows } from '@/ui/forms/Rows'
import { CellInput } from './CellInput'
import { errorAt } from './errors'
import type { Override } from './values'

/** The fields of a form that has overrides in one of these places. */
type WithOverrides = { parameterOverrides: Override[]; authorization: { parameterOverrides: Override[] } }

/** Rows of a name, a value and where it travels. */
export function OverridesField({ name }: { name: 'parameterOverrides' | 'authorization.parameterOverrides' }) {
  const { t } = useLingui()
  const { control, register, formState } = useFormContext<WithOverrides>()
  const { fields, append, remove } = useFieldArray({ control, name })
  return (
    <Rows
      label={t`Parameter overrides`}
      keys={fields.map(({ id }) => id)}
      addLabel={<Trans>Add a parameter</Trans>}
      error={errorAt(formState.errors, name)}
      onAdd={() => append({ name: '', value: '', placement: 'BODY' })}
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
          <Select aria-label={t`Where it travels`} {...register(`${name}.${index}.placement`)}>
            <option value="BODY">{t`Body`}</option>
            <option value="QUERY">{t`Query`}</option>
            <option value="HEADER">{t`Header`}</option>
          </Select>
        </>
      )}
    </Rows>
  )
}
