// What the console does: it is filled, it sends, and it never loses what was typed.
import { useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import { request } from '@/api/request'
import { type ExecuteHttpRequestInput, ExecuteRequestDocument, type PickedConnectionQuery } from '@/gen/graphql'
import { statusText } from '@/labels/httpStatus'
import { announce } from '@/ui/announce'
import type { UserError } from '@/ui/forms/userErrors'
import { exchangeQuery } from '../exchangeQuery'
import { pickConnectionQuery, pickedConnectionQuery } from '../form/ConnectionPicker'
import { problemsOf } from '../form/input'
import { type RequestTab, requestTabs } from '../form/RequestTabs'
import { useRequestErrors } from '../form/useRequestErrors'
import { type ConsoleValues, emptyConsole, executeInput, valuesOfExchange } from './consoleInput'
import type { Origin } from './OriginNotice'

type ConsoleSettings = {
  connection: string | undefined
  from: string | undefined
  setTab: (tab: RequestTab) => void
}

/** The console's form, and what can be done with it. */
export function useConsole({ connection, from, setTab }: ConsoleSettings) {
  const form = useForm<ConsoleValues>({ defaultValues: emptyConsole() })
  const filled = useFilling(form, connection, from)
  const sender = useSending(form, setTab, filled.settle)
  return { form, ...filled, ...sender }
}

/** Why the form was not filled from an exchange: it is not there, or nobody could say. */
export type Unfilled = Error | 'gone' | null

type Form = ReturnType<typeof useForm<ConsoleValues>>

function useFilling(form: Form, connection: string | undefined, from: string | undefined) {
  const client = useQueryClient()
  const [origin, setOrigin] = useState<Origin | null>(null)
  const [unfilled, setUnfilled] = useState<Unfilled>(null)
  const before = useRef<ConsoleValues | null>(null)
  /** Answers may overtake each other: only that of the last one asked for is taken. */
  const wanted = useRef<string>(undefined)
  /** What the form held when nothing in it could be lost: as it was filled, or as it was sent. */
  const settled = useRef(JSON.stringify(emptyConsole()))
  const settle = useCallback(() => {
    settled.current = JSON.stringify(form.getValues())
  }, [form])
  const isUnsent = useCallback(() => JSON.stringify(form.getValues()) !== settled.current, [form])
  const again = useCallback(
    async (id: string) => {
      wanted.current = id
      setUnfilled(null)
      const asked = await client.fetchQuery(exchangeQuery(id)).then(
        exchange => exchange ?? ('gone' as const),
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      )
      if (wanted.current !== id) return
      if (asked === 'gone' || asked instanceof Error) return setUnfilled(asked)
      const exchange = asked
      const replaced = isUnsent()
      before.current = structuredClone(form.getValues())
      form.reset(valuesOfExchange(exchange))
      settle()
      setOrigin({ exchange, replaced })
    },
    [client, form, isUnsent, settle],
  )
  useEffect(() => {
    if (from !== undefined) void again(from)
  }, [from, again])
  useConnection(form, connection, from === undefined, settle, isUnsent)
  const putBack = () => {
    if (before.current) form.reset(before.current)
    setOrigin(null)
  }
  return { origin, unfilled, again, putBack, isUnsent, settle }
}

/** Chooses the connection that the address names, or the only one there is, and starts the URL with its base URL. */
function useConnection(
  form: Form,
  named: string | undefined,
  wanted: boolean,
  settle: () => void,
  isUnsent: () => boolean,
) {
  const { setValue, getValues } = form
  const all = useQuery(pickConnectionQuery('', wanted && named === undefined))
  const only = all.data?.length === 1 ? all.data[0]?.key : undefined
  const key = wanted ? (named ?? only) : undefined
  useEffect(() => {
    if (key === undefined || (named === undefined && getValues('authorization.key') !== null)) return
    const wasSettled = !isUnsent()
    setValue('authorization.type', 'CLIENT_CONNECTION')
    setValue('authorization.key', key)
    if (wasSettled) settle()
  }, [key, named, setValue, getValues, settle, isUnsent])
  const chosen = form.watch('authorization.key')
  const picked: PickedConnectionQuery['connection'] | undefined = useQuery(pickedConnectionQuery(chosen)).data
  useEffect(() => {
    if (!picked?.baseUrl || getValues('url') !== '') return
    const wasSettled = !isUnsent()
    setValue('url', picked.baseUrl)
    if (wasSettled) settle()
  }, [picked, getValues, setValue, settle, isUnsent])
}

function useSending(form: Form, setTab: (tab: RequestTab) => void, settle: () => void) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [unplaced, setUnplaced] = useState<UserError[]>([])
  const { showProblems, showErrors } = useRequestErrors({
    form,
    tabs: requestTabs,
    always: ['method', 'url'],
    showTab: setTab,
  })
  const sending = useMutation({
    mutationFn: async (input: ExecuteHttpRequestInput) =>
      (await request(ExecuteRequestDocument, { input })).executeHttpRequest,
    onSuccess: payload => {
      setUnplaced(showErrors(payload?.userErrors ?? []))
      const { outcome } = payload?.exchange ?? {}
      if (!payload?.exchange) return
      settle()
      announce(outcome?.__typename === 'HttpResponse' ? statusText(outcome.status) : t`There is no answer.`)
    },
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ['exchanges'] })
    },
  })
  const send = () => {
    if (sending.isPending) return
    form.clearErrors()
    setUnplaced([])
    const values = form.getValues()
    const problems = problemsOf(values, false)
    if (problems.length > 0) showProblems(problems)
    else sending.mutate(executeInput(values))
  }
  return { sending, send, unplaced }
}
