// What can be done with a connection, and what came of it.
import { Trans } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { createContext, type ReactNode, use, useState } from 'react'
import { request } from '@/api/request'
import {
  ChangeConnectionDocument,
  DeleteThisConnectionDocument,
  EvictTokensDocument,
  RetryTokenRequestDocument,
  TestThisConnectionDocument,
  type UpdateConnectionInput,
} from '@/gen/graphql'
import type { UserError } from '@/ui/forms/userErrors'
import { messageOf } from '@/ui/messageOf'
import type { Tone } from '@/ui/Status'

/** What an action has led to. */
export type Said = { tone: Tone; text: ReactNode }

/** A refusal that the client can mend: its sentences, each with its code. */
class Refused extends Error {
  override readonly name = 'Refused'
  constructor(readonly errors: UserError[]) {
    super(errors.map(({ message, code }) => `${message} (${code})`).join('; '))
  }
}

function accept<T extends { userErrors: UserError[] }>(payload: T | null | undefined): T {
  if (!payload) throw new Error('the server gave no answer to a mutation')
  if (payload.userErrors.length > 0) throw new Refused(payload.userErrors)
  return payload
}

/** The actions on a connection; `said` is what the last one has led to. */
export function useActions(key: string) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [said, say] = useState<Said | null>(null)
  const shared = {
    onMutate: () => say(null),
    onError: (error: Error) => say({ tone: 'bad', text: messageOf(error) }),
    onSettled: () => client.invalidateQueries({ queryKey: ['connection', key] }),
  }
  const test = useMutation({
    ...shared,
    mutationFn: async () => accept((await request(TestThisConnectionDocument, { key })).testConnection).test,
    onSuccess: tested => tested && say(tested.ok ? passed(key) : noToken(key, tested.failure?.message ?? '')),
  })
  const evict = useMutation({
    ...shared,
    mutationFn: async () => accept((await request(EvictTokensDocument, { key })).evictAccessToken),
    onSuccess: () =>
      say({ tone: 'ok', text: <Trans>The cached tokens are gone: the next request fetches a new one.</Trans> }),
  })
  const retry = useMutation({
    ...shared,
    mutationFn: async () => accept((await request(RetryTokenRequestDocument, { key })).retryTokenRequest).failure,
    onSuccess: failure =>
      say(
        failure
          ? { tone: 'bad', text: <Trans>No token: {failure.message}</Trans> }
          : { tone: 'ok', text: <Trans>A token was issued.</Trans> },
      ),
  })
  const change = useMutation({
    ...shared,
    mutationFn: async ({ input }: { input: Omit<UpdateConnectionInput, 'key'>; text: ReactNode }) =>
      accept((await request(ChangeConnectionDocument, { input: { ...input, key } })).updateConnection),
    onSuccess: (_, { text }) => say({ tone: 'ok', text }),
  })
  const remove = useMutation({
    mutationFn: async (input: { expectedVersion: number; reason?: string }) =>
      accept((await request(DeleteThisConnectionDocument, { input: { ...input, key } })).deleteConnection),
    onSuccess: async () => {
      await navigate({ to: '/connections' })
      client.removeQueries({ queryKey: ['connection', key] })
      await client.invalidateQueries({ queryKey: ['connections'] })
    },
  })
  return { test, evict, retry, change, remove, said, say }
}

export type Actions = ReturnType<typeof useActions>

/** The actions of the page's head, which also says what came of them. */
export const PageActions = createContext<Actions | null>(null)

/** The same actions, for the tabs below: what they lead to is still told when the part that asked is gone. */
export function usePageActions(): Actions {
  const actions = use(PageActions)
  if (!actions) throw new Error('there is no head of a connection around this')
  return actions
}

function passed(key: string): Said {
  return {
    tone: 'ok',
    text: (
      <Trans>
        The test went through: a token was issued and thrown away. <Steps of={key} />
      </Trans>
    ),
  }
}

function noToken(key: string, message: string): Said {
  return {
    tone: 'bad',
    text: (
      <Trans>
        The test failed: {message}. <Steps of={key} />
      </Trans>
    ),
  }
}

function Steps({ of }: { of: string }) {
  return (
    <Link to="/connections/$key" params={{ key: of }} hash="last-test" className="underline underline-offset-2">
      <Trans>See every step</Trans>
    </Link>
  )
}
