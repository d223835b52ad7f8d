// A run of a task: its variables are asked for, and what came of it is shown below.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useState } from 'react'
import { FormProvider, type Path, useForm } from 'react-hook-form'
import { request } from '@/api/request'
import { useMissing } from '@/api/viewer'
import { type EditedTaskFragment, type RunHttpRequestTaskInput, RunTaskDocument } from '@/gen/graphql'
import { statusText } from '@/labels/httpStatus'
import { announce } from '@/ui/announce'
import { Button } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Dialog } from '@/ui/Dialog'
import { Fieldset } from '@/ui/forms/Field'
import { showUserErrors, type UserError } from '@/ui/forms/userErrors'
import { Notice } from '@/ui/Notice'
import { Loading } from '@/ui/States'
import { useShortcuts } from '@/ui/shortcuts'
import { OverridesField } from '../form/OverridesField'
import { ExchangeResult } from '../result/ExchangeResult'
import { NotSent } from '../result/NotSent'
import { emptyRun, type RunValues, runFieldOf, runInput, runProblems } from './runInput'
import { VariableField } from './VariableField'

type RunDrawerProps = {
  task: EditedTaskFragment
  /** What is typed in the editor is not what is run. */
  isChanged: boolean
  onClose: () => void
}

/** The drawer. What is typed in it is forgotten when it closes. */
export function RunDrawer({ task, isChanged, onClose }: RunDrawerProps) {
  const { t } = useLingui()
  const missing = useMissing('execute:HttpRequest')
  const { form, run, running, unplaced } = useRun(task)
  useShortcuts({ 'Mod+Enter': () => missing === null && run() })
  const { variables } = form.getValues()
  const exchange = running.data?.exchange
  return (
    <Dialog title={<Trans>Run {task.displayName}</Trans>} shape="drawer" onClose={onClose}>
      <FormProvider {...form}>
        <form
          noValidate
          onSubmit={event => {
            event.preventDefault()
            run()
          }}
          className="flex flex-col gap-5"
        >
          <p>
            <Mono className="font-semibold">{task.method}</Mono> <Mono>{task.request?.url ?? task.target}</Mono>
          </p>
          {isChanged && (
            <Notice tone="warn">
              <Trans>The task runs as it is stored: what you have changed and not saved is no part of it.</Trans>
            </Notice>
          )}
          {variables.length > 0 && (
            <Fieldset legend={<Trans>Variables</Trans>}>
              {variables.map(({ name }, index) => (
                <VariableField key={name} name={name} index={index} />
              ))}
            </Fieldset>
          )}
          {task.authorization.type === 'CLIENT_CONNECTION' && (
            <Fieldset legend={<Trans>Parameter overrides</Trans>}>
              <OverridesField name="parameterOverrides" />
            </Fieldset>
          )}
          {unplaced.map(({ code, message }) => (
            <Notice key={code + message} tone="bad">
              {message}
            </Notice>
          ))}
          {running.error && <NotSent error={running.error} />}
          <div>
            <Button
              type="submit"
              look="primary"
              pending={running.isPending}
              missing={missing}
              icon={<Play aria-hidden className="size-4" />}
            >
              <Trans>Run</Trans>
            </Button>
          </div>
        </form>
      </FormProvider>
      {(running.isPending || exchange) && (
        <section aria-label={t`Result`} className="-mx-4 mt-5 border-t border-line px-4 pt-4">
          {exchange ? <ExchangeResult exchange={exchange} /> : <Loading lines={8} />}
        </section>
      )}
    </Dialog>
  )
}

function useRun(task: EditedTaskFragment) {
  const { t } = useLingui()
  const client = useQueryClient()
  const form = useForm<RunValues>({ defaultValues: emptyRun(task) })
  const [unplaced, setUnplaced] = useState<UserError[]>([])
  const running = useMutation({
    mutationFn: async (input: RunHttpRequestTaskInput) =>
      (await request(RunTaskDocument, { input })).runHttpRequestTask,
    onSuccess: payload => {
      const fieldOf = (path: string) => runFieldOf(path, form.getValues()) as Path<RunValues> | null
      setUnplaced(showUserErrors(payload?.userErrors ?? [], form.setError, fieldOf))
      const outcome = payload?.exchange?.outcome
      if (!payload?.exchange) return
      announce(outcome?.__typename === 'HttpResponse' ? statusText(outcome.status) : t`There is no answer.`)
    },
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['exchanges'] }),
        client.invalidateQueries({ queryKey: ['task', task.key, 'usage'] }),
      ])
    },
  })
  const run = () => {
    if (running.isPending) return
    form.clearErrors()
    setUnplaced([])
    const values = form.getValues()
    const problems = runProblems(values)
    problems.forEach(({ field, detail }, index) => {
      form.setError(
        field,
        { type: 'INVALID_JSON', message: t`This is not JSON: ${detail}` },
        { shouldFocus: index === 0 },
      )
    })
    if (problems.length === 0) running.mutate(runInput(task.key, values))
  }
  return { form, run, running, unplaced }
}
