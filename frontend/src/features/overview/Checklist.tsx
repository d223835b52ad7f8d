// The first steps on a new install. Each is done when the API says so, whoever did it and wherever.
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { useMissing } from '@/api/viewer'
import type { ChecklistConnectionFragment } from '@/gen/graphql'
import { Button, ButtonLink } from '@/ui/Button'
import { CodeBlock } from '@/ui/Code'
import { classes } from '@/ui/classes'
import { Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { checklistQuery } from './queries'
import { putAway, type Step, type StepName, stepsOf } from './steps'

/** The steps, as far as the viewer may see how far they are. */
export function useSteps(enabled = true) {
  const may = {
    secrets: useMissing('list:Secret') === null,
    connections: useMissing('list:Connection') === null,
    usage: useMissing('view:UsageData') === null,
  }
  return useQuery({ ...checklistQuery(may), select: stepsOf, enabled })
}

/** The list. `onAway` is called when all is done, or when somebody wants to see it no more. */
export function Checklist({ onAway }: { onAway: () => void }) {
  const query = useSteps()
  const done = query.data?.steps.filter(step => step.done).length ?? 0
  const isDone = query.data !== undefined && done === query.data.steps.length
  useEffect(() => {
    if (isDone) putAway('done')
  }, [isDone])
  const dismiss = () => {
    putAway(isDone ? 'done' : 'dismissed')
    onAway()
  }
  return (
    <Panel
      title={<Trans>First steps</Trans>}
      actions={
        <>
          {query.data && (
            <span className="text-sm text-muted">
              <Plural value={done} other={`# of ${query.data.steps.length} done`} />
            </span>
          )}
          <Button look="quiet" onClick={dismiss}>
            <Trans>Dismiss</Trans>
          </Button>
        </>
      }
      flush
    >
      <Loaded query={query} lines={16}>
        {({ steps, connection }) => (
          <>
            {isDone && (
              <p className="border-b border-line bg-ok-soft px-4 py-2.5">
                <Trans>All done: requests go out with tokens that Latchkey fetches and keeps.</Trans>
              </p>
            )}
            <ol>
              {steps.map((step, index) => (
                <Entry
                  // Opened anew as soon as it is the next one.
                  key={`${step.name} ${step.done}`}
                  number={index + 1}
                  step={step}
                  isNext={step === steps.find(one => !one.done)}
                  connection={connection}
                />
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </Panel>
  )
}

type EntryProps = {
  number: number
  step: Step
  isNext: boolean
  connection: ChecklistConnectionFragment | null
}

function Entry({ number, step: { name, done, command }, isNext, connection }: EntryProps) {
  const { t } = useLingui()
  const { title, text, action } = useWords(name, connection)
  return (
    <li className="border-b border-line last:border-0">
      <details key={String(isNext)} open={isNext} className="group">
        <summary className="flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-hover">
          <span
            className={classes(
              'flex size-6 shrink-0 items-center justify-center rounded-full border text-sm font-medium',
              done ? 'border-ok bg-ok-soft text-ok' : isNext ? 'border-accent text-accent' : 'border-edge text-muted',
            )}
          >
            {done ? <Check role="img" aria-label={t`Done`} className="size-4" /> : number}
          </span>
          <span className={classes('font-medium', done && 'text-muted')}>{title}</span>
        </summary>
        <div className="flex flex-col gap-3 ps-4 pe-4 pb-4 sm:ps-13">
          <p className="max-w-[70ch] text-muted">{text}</p>
          <div className="flex flex-wrap gap-2">{action}</div>
          <CodeBlock text={command} />
        </div>
      </details>
    </li>
  )
}

type Words = { title: ReactNode; text: ReactNode; action: ReactNode }

function useWords(name: StepName, connection: ChecklistConnectionFragment | null): Words {
  const key = connection?.key
  switch (name) {
    case 'secret':
      return {
        title: <Trans>Store a secret</Trans>,
        text: (
          <Trans>
            The client secret or private key that your issuer gave you. It is sealed and can’t be read back.
          </Trans>
        ),
        action: (
          <>
            <ButtonLink look="primary" to="/secrets" search={{ new: true }}>
              <Trans>Store a secret</Trans>
            </ButtonLink>
            {/* Its form takes a new secret as well, so that the first two steps are one. */}
            <ButtonLink to="/connections/new">
              <Trans>Store it with its connection</Trans>
            </ButtonLink>
          </>
        ),
      }
    case 'connection':
      return {
        title: <Trans>Add a connection</Trans>,
        text: <Trans>A Client ID, the Access Token URL, and the secret: all that it takes to ask for tokens.</Trans>,
        action: (
          <ButtonLink look="primary" to="/connections/new">
            <Trans>Add a connection</Trans>
          </ButtonLink>
        ),
      }
    case 'test':
      return {
        title: <Trans>Test it</Trans>,
        text: (
          <Trans>
            Asks for a real token, step by step, and throws it away. What is wrong is named, with its remedy.
          </Trans>
        ),
        action: key ? (
          <ButtonLink look="primary" to="/connections/$key" params={{ key }}>
            <Trans>Open {connection.displayName}</Trans>
          </ButtonLink>
        ) : (
          <ToConnections />
        ),
      }
    case 'request':
      return {
        title: <Trans>Send a request</Trans>,
        text: <Trans>Latchkey fetches the token, adds it, and makes the call. You never see the token.</Trans>,
        action: (
          <ButtonLink look="primary" to="/requests" {...(key && { search: { connection: key } })}>
            <Trans>Send a request</Trans>
          </ButtonLink>
        ),
      }
    case 'usage':
      return {
        title: <Trans>Send it again, and see what happened</Trans>,
        text: (
          <Trans>
            The second time the token comes from the cache. Usage Data counts it all, and what fails is on Failures at
            once.
          </Trans>
        ),
        action: (
          <>
            {key ? (
              <ButtonLink look="primary" to="/connections/$key/usage" params={{ key }} search={{ range: '1h' }}>
                <Trans>See Usage Data</Trans>
              </ButtonLink>
            ) : (
              <ToConnections />
            )}
            <ButtonLink to="/failures">
              <Trans>Watch failures</Trans>
            </ButtonLink>
          </>
        ),
      }
  }
}

function ToConnections() {
  return (
    <ButtonLink look="primary" to="/connections">
      <Trans>Go to Connections</Trans>
    </ButtonLink>
  )
}
