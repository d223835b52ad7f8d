// Saving a connection: all of a new one, and of a saved one what was changed.
import { useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { request } from '@/api/request'
import {
  type ConnectionFormFragment,
  CreateConnectionDocument,
  type CreateConnectionInput,
  type TestResultFragment,
  UpdateConnectionConfigurationDocument,
  type UpdateConnectionInput,
} from '@/gen/graphql'
import { announce } from '@/ui/announce'
import { keepTyped } from '@/ui/forms/keepTyped'
import { changedInput, createInput } from './input'
import type { Ground } from './useGround'
import { valuesOf } from './values'

/** How a save ended well. `version` is null for a new connection. */
export type Saved = { key: string; version: number | null; warnings: string[] }

type Changes = Omit<UpdateConnectionInput, 'key' | 'expectedVersion'>
type Handlers = { onSaved: (saved: Saved) => void; onTest: (test: TestResultFragment) => void }

/** The verbs that save, and what became of them. */
export function useSaving(ground: Ground, { onSaved, onTest }: Handlers) {
  const { t } = useLingui()
  const queries = useQueryClient()
  const { form, base, clear, show, prepare, attempt, confirmed, forget } = ground
  const [saved, setSaved] = useState<Saved | null>(null)
  const reason = useRef<HTMLInputElement>(null)
  const testFirst = useRef(false)
  // The secret's value is read where it is sent: the variables of a mutation are kept for longer.
  const creating = useMutation({
    mutationFn: async (input: CreateConnectionInput) => {
      const whole = { ...input, secretConfirmation: confirmed() }
      return (await request(CreateConnectionDocument, { input: whole })).createConnection
    },
  })
  const updating = useMutation({
    mutationFn: async (input: UpdateConnectionInput) => {
      const whole = { ...input, secretConfirmation: confirmed() }
      return (await request(UpdateConnectionConfigurationDocument, { input: whole })).updateConnection
    },
  })
  const isSaving = creating.isPending || updating.isPending

  const finish = (done: Saved) => {
    forget()
    if (reason.current) reason.current.value = ''
    setSaved(done)
    if (done.version === null) announce(t`The connection was saved.`)
    onSaved(done)
  }

  const create = async () => {
    const done = await creating.mutateAsync({ ...createInput(form.getValues()), testFirst: testFirst.current })
    if (done?.test) onTest(done.test)
    if (!done?.connection) {
      show(done?.userErrors ?? [])
      return
    }
    form.reset(form.getValues())
    await queries.invalidateQueries({ queryKey: ['connections'] })
    finish({ key: done.connection.key, version: null, warnings: done.metadataWarnings })
  }

  const update = async (from: ConnectionFormFragment, decided: Changes | null): Promise<void> => {
    const { key, version } = from
    // A copy: what is sent must not change with what is typed meanwhile.
    const sent = structuredClone(form.getValues())
    const changes = decided ?? changedInput(valuesOf(from), sent)
    if (Object.keys(changes).length === 0) return announce(t`Nothing to save.`)
    const why = reason.current?.value.trim() || null
    const done = await updating.mutateAsync({ ...changes, key, expectedVersion: version, reason: why })
    if (!done?.connection) {
      const current = show(done?.userErrors ?? [])
      return current ? resolve(current, decided) : undefined
    }
    const { connection, metadataWarnings: warnings } = done
    ground.setOthers(null)
    if (decided) ground.rebase(connection)
    else {
      ground.setBase(connection)
      const values = valuesOf(connection)
      const kept = keepTyped(sent, form.getValues(), values)
      form.reset(values)
      if (kept !== values) form.reset(kept, { keepDefaultValues: true })
    }
    queries.setQueryData(['connection', key, 'configuration'], connection)
    void queries.invalidateQueries({ queryKey: ['connection', key] })
    void queries.invalidateQueries({ queryKey: ['connections'] })
    finish({ key, version: connection.version, warnings })
  }

  /** Somebody was faster. A change that is not in the form is no reason to ask; any other is shown first. */
  const resolve = async (current: ConnectionFormFragment, decided: Changes | null): Promise<void> => {
    const merged = ground.rebase(current)
    if (merged.conflicts.length === 0 && merged.taken.length === 0) return update(current, decided)
    ground.setOthers({ merged, current })
  }

  return {
    saved,
    reason,
    testFirst,
    isSaving,
    save: () =>
      attempt(async () => {
        if (isSaving || (saved !== null && base === null)) return
        setSaved(null)
        if (await prepare()) await (base ? update(base, null) : create())
      }),
    /** Changes what is not in the form, and leaves what was typed there. */
    decide: (changes: Changes) =>
      attempt(async () => {
        clear()
        setSaved(null)
        if (base && !isSaving) await update(base, changes)
      }),
  }
}
