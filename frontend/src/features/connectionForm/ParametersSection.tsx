// Additional parameters of the token request, such as scope and audience.
import { Trans, useLingui } from '@lingui/react/macro'
import { useFieldArray } from 'react-hook-form'
import { parameterPlacements } from '@/labels/options'
import { Select, TextInput } from '@/ui/forms/inputs'
import { Rows } from '@/ui/forms/Rows'
import { Panel } from '@/ui/Page'
import { Place, useValues } from './FormField'
import { useEnumLabels } from './useEnumLabels'

/** Rows of name, value and place. */
export function ParametersSection() {
  const { t } = useLingui()
  const { control, formState } = useValues()
  const { fields, append, remove } = useFieldArray({ control, name: 'parameters' })
  const wrong = formState.errors.parameters
  return (
    <Panel title={<Trans>Additional parameters</Trans>}>
      <Place name="parameters">
        <Rows
          label={t`Additional parameters`}
          keys={fields.map(field => field.id)}
          addLabel={<Trans>Add a parameter</Trans>}
          onAdd={() => append({ name: '', value: '', placement: 'BODY' })}
          onRemove={remove}
          empty={<Trans>None. Many issuers want a “scope”, some an “audience” or a “resource”.</Trans>}
          error={wrong?.message ?? wrong?.root?.message}
        >
          {index => <ParameterRow index={index} />}
        </Rows>
      </Place>
    </Panel>
  )
}

function ParameterRow({ index }: { index: number }) {
  const { t } = useLingui()
  const { register, formState } = useValues()
  const labels = useEnumLabels(parameterPlacements)
  const wrong = formState.errors.parameters?.[index]
  const message = wrong?.name?.message ?? wrong?.value?.message ?? wrong?.placement?.message
  const number = index + 1
  const id = `parameter-${index}-error`
  const described = message && { 'aria-describedby': id }
  return (
    <>
      <Place name={`parameters.${index}.name`}>
        <TextInput
          mono
          aria-label={t`Name of parameter ${number}`}
          placeholder={t`Name`}
          {...register(`parameters.${index}.name`)}
          {...(wrong?.name && { 'aria-invalid': true, ...described })}
        />
        {message && (
          <p id={id} className="mt-1 text-sm text-bad">
            {message}
          </p>
        )}
      </Place>
      <Place name={`parameters.${index}.value`}>
        <TextInput
          mono
          aria-label={t`Value of parameter ${number}`}
          placeholder={t`Value`}
          {...register(`parameters.${index}.value`)}
          {...(wrong?.value && { 'aria-invalid': true, ...described })}
        />
      </Place>
      <Place name={`parameters.${index}.placement`}>
        <Select aria-label={t`Where parameter ${number} travels`} {...register(`parameters.${index}.placement`)}>
          {Object.entries(labels).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      </Place>
    </>
  )
}
