// The HTTP request console: what is to be sent, and beside it what came of it.
import { Trans, useLingui } from '@lingui/react/macro'
import { Send } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { FormProvider, type UseFormReturn, useFormContext } from 'react-hook-form'
import { graphqlCommand } from '@/api/command'
import { useMissing } from '@/api/viewer'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/forms/Field'
import { TextInput } from '@/ui/forms/inputs'
import { LeaveGuard } from '@/ui/LeaveGuard'
import { Notice } from '@/ui/Notice'
import { Panel } from '@/ui/Page'
import { Empty, Loading } from '@/ui/States'
import { useShortcuts } from '@/ui/shortcuts'
import { errorAt } from '../form/errors'
import { OptionsFields } from '../form/OptionsFields'
import { type RequestTab, RequestTabs } from '../form/RequestTabs'
import { Target } from '../form/Target'
import { RecentExchanges } from '../recent/RecentExchanges'
import { ExchangeResult } from '../result/ExchangeResult'
import { NotSent } from '../result/NotSent'
import { type ConsoleValues, newIdempotencyKey } from './consoleInput'
import { OriginNotice } from './OriginNotice'
import { type Unfilled, useConsole } from './useConsole'

type ConsoleProps = {
  /** Key of the connection that is to authorise the request. */
  connection: string | undefined
  /** Id of the exchange to start from. */
  from: string | undefined
  /** Puts another exchange into the address. */
  onFrom: (id: string) => void
}

/** The console, with the list of recent requests below. */
export function RequestConsole({ connection, from, onFrom }: ConsoleProps) {
  const [tab, setTab] = useState<RequestTab>('authorisation')
  const { form, again, origin, unfilled, putBack, isUnsent, send, sending, unplaced } = useConsole({
    connection,
    from,
    setTab,
  })
  const result = useRef<HTMLDivElement>(null)
  const missing = useMissing('execute:HttpRequest')
  useShortcuts({ 'Mod+Enter': () => missing === null && send() })
  // On narrow windows the result lies below the form.
  useEffect(() => {
    if (sending.data?.exchange) result.current?.scrollIntoView({ block: 'nearest' })
  }, [sending.data])
  return (
    <FormProvider {...form}>
      <LeaveGuard when={isUnsent} />
      <form
        noValidate
        onSubmit={event => {
          event.preventDefault()
          send()
        }}
        className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2"
      >
        <Panel className="lg:col-span-2">
          <div className="flex flex-col gap-3">
            {unfilled && <NotFilled why={unfilled} />}
            {origin && <OriginNotice origin={origin} onPutBack={putBack} />}
            <Target action={<SendButton pending={sending.isPending} />} />
            {unplaced.map(({ code, message }) => (
              <Notice key={code + message} tone="bad">
                {message}
              </Notice>
            ))}
            {sending.error && <NotSent error={sending.error} />}
          </div>
        </Panel>
        <Panel>
          <div className="-mt-3">
            <RequestTabs tab={tab} onTab={setTab} options={<ConsoleOptions form={form} />} />
          </div>
        </Panel>
        <div ref={result} className="min-w-0 scroll-mt-16">
          <Panel title={<Trans>Result</Trans>}>
            <Result sending={sending} />
          </Panel>
        </div>
      </form>
      <Panel title={<Trans>Recent requests</Trans>} flush className="mt-4">
        <RecentExchanges
          empty={
            <Empty>
              <Trans>Nothing has been sent yet.</Trans>
            </Empty>
          }
          onAgain={id => (id === from ? again(id) : onFrom(id))}
        />
      </Panel>
    </FormProvider>
  )
}

function NotFilled({ why }: { why: NonNullable<Unfilled> }) {
  if (why !== 'gone') return <NotSent error={why} />
  return (
    <Notice tone="bad">
      <Trans>The request that was to be sent again is not on record.</Trans>
    </Notice>
  )
}

function SendButton({ pending }: { pending: boolean }) {
  const missing = useMissing('execute:HttpRequest')
  return (
    <Button
      type="submit"
      look="primary"
      pending={pending}
      missing={missing}
      icon={<Send aria-hidden className="size-4" />}
    >
      <Trans>Send</Trans>
    </Button>
  )
}

function ConsoleOptions({ form }: { form: UseFormReturn<ConsoleValues> }) {
  const { register, formState } = useFormContext<ConsoleValues>()
  return (
    <div className="flex flex-col gap-5">
      <OptionsFields />
      <Field
        label={<Trans>Idempotency key</Trans>}
        hint={
          <Trans>
            Names the call: it is made at most once. Sent again with the same key, it gives the first answer.
          </Trans>
        }
        error={errorAt(formState.errors, 'idempotencyKey')}
      >
        {props => (
          <div className="flex gap-2">
            <TextInput mono {...props} {...register('idempotencyKey')} />
            <Button onClick={() => form.setValue('idempotencyKey', newIdempotencyKey())}>
              <Trans>Generate</Trans>
            </Button>
          </div>
        )}
      </Field>
    </div>
  )
}

const EXAMPLE = `mutation($input: ExecuteHttpRequestInput!) {
  executeHttpRequest(input: $input) {
    exchange { outcome { ... on HttpResponse { status body { text } } } }
    userErrors { code message path }
  }
}`

function Result({ sending }: { sending: ReturnType<typeof useConsole>['sending'] }) {
  const { t } = useLingui()
  if (sending.isPending) return <Loading lines={10} />
  if (sending.data?.exchange) return <ExchangeResult exchange={sending.data.exchange} />
  if (sending.data)
    return (
      <p className="text-muted">
        <Trans>Nothing was sent.</Trans>
      </p>
    )
  const input = {
    url: 'https://api.example.com/',
    authorization: { clientConnection: { key: t({ message: 'my-connection', comment: 'An example of a Key' }) } },
  }
  return (
    <Empty command={graphqlCommand(EXAMPLE, { input })}>
      <Trans>Send a request, and its answer is shown here.</Trans>
    </Empty>
  )
}
