// Everything that the form's parts need: its values, saving, testing.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '@/api/request'
import { type TestConnectionInput, TestDraftDocument, type TestResultFragment } from '@/gen/graphql'
import { changedInput, createInput } from './input'
import { type Options, useGround } from './useGround'
import { type Saved, useSaving } from './useSaving'
import { valuesOf } from './values'

export type ConnectionFormState = ReturnType<typeof useConnectionForm>

/** The form's state and its verbs. */
export function useConnectionForm({ onSaved, ...options }: Options & { onSaved: (saved: Saved) => void }) {
  const queries = useQueryClient()
  const ground = useGround(options)
  const { form, base, confirmed, prepare, attempt, show } = ground
  const [test, setTest] = useState<TestResultFragment | null>(null)
  const saving = useSaving(ground, { onSaved, onTest: setTest })
  const testing = useMutation({
    mutationFn: async (input: TestConnectionInput) => {
      const whole = input.draft ? { draft: { ...input.draft, secretConfirmation: confirmed() } } : input
      return (await request(TestDraftDocument, { input: whole })).testConnection
    },
  })
  return {
    ...ground,
    ...saving,
    isDirty: form.formState.isDirty,
    test,
    isTesting: testing.isPending,
    runTest: () =>
      attempt(async () => {
        if (testing.isPending || !(await prepare())) return
        // What is saved as it is here is tested as itself: then its state follows.
        const isSaved = base !== null && Object.keys(changedInput(valuesOf(base), form.getValues())).length === 0
        const done = await testing.mutateAsync(isSaved ? { key: base.key } : { draft: createInput(form.getValues()) })
        if (!done?.test) {
          show(done?.userErrors ?? [])
          return
        }
        setTest(done.test)
        if (isSaved) void queries.invalidateQueries({ queryKey: ['connection', base.key] })
      }),
  }
}
