// What the editor does: it holds a task's form, saves what has changed, and loses nothing that was typed.
import { useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import { request } from '@/api/request'
import {
  CreateTaskDocument,
  type EditedTaskFragment,
  type TaskUserErrorFragment,
  UpdateTaskDocument,
} from '@/gen/graphql'
import { announce } from '@/ui/announce'
import { keepTyped } from '@/ui/forms/keepTyped'
import type { UserError } from '@/ui/forms/userErrors'
import { type FieldsOfTabs, useRequestErrors } from '../form/useRequestErrors'
import { createInput, emptyTask, type TaskValues, taskProblems, taskValues, updateInput } from './taskInput'

/** The tabs of the editor. */
export type TaskTab = 'request' | 'authorisation' | 'usage'

/** Which fields lie on which tab. */
export const taskTabs: FieldsOfTabs<TaskTab> = {
  request: [
    'displayName',
    'key',
    'endpoint',
    'method',
    'url',
    'query',
    'headers',
    'body',
    'timeout',
    'followRedirects',
    'retryOnFailure',
    'retryNonIdempotent',
    'clientCertificate',
    'clientCertificatePassword',
  ],
  authorisation: ['authorization'],
  usage: [],
}

type Saving = { values: TaskValues; expectedVersion: number | null }
type Saved = { task: EditedTaskFragment | null; userErrors: TaskUserErrorFragment[] } | null

type TaskFormSettings = {
  /** Null for a new one. */
  task: EditedTaskFragment | null
  showTab: (tab: TaskTab) => void
  onCreated: (key: string) => void
}

/** The form of a task. */
export function useTaskForm({ task, showTab, onCreated }: TaskFormSettings) {
  const { t } = useLingui()
  const client = useQueryClient()
  const form = useForm<TaskValues>({ defaultValues: task ? taskValues(task) : emptyTask() })
  const { base, rebase, isChanged } = useBase(form, task)
  const [unplaced, setUnplaced] = useState<UserError[]>([])
  const [conflict, setConflict] = useState<number | null>(null)
  const { showProblems, showErrors } = useRequestErrors({ form, tabs: taskTabs, always: [], showTab })

  const saving = useMutation({
    mutationFn: async ({ values, expectedVersion }: Saving): Promise<Saved> => {
      if (expectedVersion === null)
        return (await request(CreateTaskDocument, { input: createInput(values) })).createHttpRequestTask
      const input = updateInput(base.current.values, values, expectedVersion)
      return (await request(UpdateTaskDocument, { input })).updateHttpRequestTask
    },
    onSuccess: async (saved, { values, expectedVersion }) => {
      const errors = saved?.userErrors ?? []
      const clash = errors.find(error => error.__typename === 'VersionConflict')
      setConflict(clash?.currentVersion ?? null)
      setUnplaced(showErrors(errors.filter(error => error !== clash)))
      if (!saved?.task) return
      const { key } = saved.task
      rebase(saved.task, values)
      client.setQueryData(['task', key], saved.task)
      announce(t`Saved.`)
      if (expectedVersion === null) onCreated(key)
      await Promise.all([
        client.invalidateQueries({ queryKey: ['tasks'] }),
        client.invalidateQueries({ queryKey: ['task', key, 'history'] }),
      ])
    },
  })

  /** `over`: the version of somebody else's change that this one is to be made over. */
  const save = (over?: number) => {
    if (saving.isPending) return
    form.clearErrors()
    setUnplaced([])
    // A copy: what is sent must not change with what is typed meanwhile.
    const values = structuredClone(form.getValues())
    const problems = taskProblems(values, base.current.version === null)
    if (problems.length > 0) showProblems(problems)
    else saving.mutate({ values, expectedVersion: over ?? base.current.version })
  }
  /** Forgets what was typed and shows what is stored now. */
  const discard = async () => {
    setConflict(null)
    if (!task) return
    await client.invalidateQueries({ queryKey: ['task', task.key] })
    const stored = client.getQueryData<EditedTaskFragment | null>(['task', task.key])
    if (stored) rebase(stored)
  }
  return { form, save, saving, unplaced, conflict, discard, isChanged }
}

type Form = ReturnType<typeof useForm<TaskValues>>

function baseOf(stored: EditedTaskFragment | null) {
  return { values: stored ? taskValues(stored) : emptyTask(), version: stored?.version ?? null }
}

/** What is stored, as far as the form knows. */
function useBase(form: Form, task: EditedTaskFragment | null) {
  const [first] = useState(() => baseOf(task))
  const base = useRef(first)
  const isChanged = useCallback(() => JSON.stringify(form.getValues()) !== JSON.stringify(base.current.values), [form])
  const rebase = useCallback(
    (stored: EditedTaskFragment | null, sent?: TaskValues) => {
      base.current = baseOf(stored)
      const { values } = base.current
      const kept = sent ? keepTyped(sent, form.getValues(), values) : values
      form.reset(values)
      if (kept !== values) form.reset(kept, { keepDefaultValues: true })
    },
    [form],
  )
  // Somebody else's change is shown at once where nothing would be lost; else it is a conflict when this one is saved.
  useEffect(() => {
    if (task && task.version !== base.current.version && !isChanged()) rebase(task)
  }, [task, isChanged, rebase])
  return { base, rebase, isChanged }
}
