// One auth failure with everything that is known of it.
import { Trans, useLingui } from '@lingui/react/macro'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { requestUntil } from '@/api/request'
import { FailureByIdDocument, type FailureFactsFragment } from '@/gen/graphql'
import { failureReasons } from '@/labels/failure'
import { Button, ButtonLink, IconButton } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Notice } from '@/ui/Notice'
import { Empty, Loaded } from '@/ui/States'
import { useShortcuts } from '@/ui/shortcuts'
import { FailureFacts } from './FailureFacts'

type FailureDrawerProps = {
  /** Global id. */
  id: string
  /** The failures above and below it in the list. */
  previous: string | null
  next: string | null
  /** Opens another one, or none. */
  onSelect: (id: string | undefined) => void
}

/** The drawer of a failure, which need not be in any list. */
export function FailureDrawer({ id, previous, next, onSelect }: FailureDrawerProps) {
  const { t, i18n } = useLingui()
  const failure = useQuery({
    queryKey: ['failure', id],
    queryFn: async ({ signal }) => {
      const { node } = await requestUntil(signal, FailureByIdDocument, { id })
      return node?.__typename === 'AuthFailure' ? node : null
    },
    placeholderData: keepPreviousData,
  })
  const step = (to: string | null) => to !== null && onSelect(to)
  useShortcuts({ '[': () => step(previous), ']': () => step(next) })
  const title = failure.data ? i18n._(failureReasons[failure.data.reason]) : t`Auth failure`
  return (
    <Dialog
      shape="drawer"
      title={title}
      onClose={() => onSelect(undefined)}
      actions={
        <>
          <IconButton label={t`Previous failure`} disabled={previous === null} onClick={() => step(previous)}>
            <ChevronUp aria-hidden className="size-4" />
          </IconButton>
          <IconButton label={t`Next failure`} disabled={next === null} onClick={() => step(next)}>
            <ChevronDown aria-hidden className="size-4" />
          </IconButton>
        </>
      }
    >
      <Loaded query={failure} lines={14}>
        {data =>
          data ? (
            <FailureStory failure={data} />
          ) : (
            <Empty
              action={
                <Button onClick={() => onSelect(undefined)}>
                  <Trans>Show all failures</Trans>
                </Button>
              }
            >
              <Trans>There is no failure with this ID.</Trans>
            </Empty>
          )
        }
      </Loaded>
    </Dialog>
  )
}

function FailureStory({ failure }: { failure: FailureFactsFragment }) {
  const { connectionKey, message, remedy, oauthError, excerpt } = failure
  return (
    <div className="flex flex-col gap-5">
      <p dir="auto" className="text-lg break-words">
        {message}
      </p>
      <Notice
        tone="info"
        actions={
          remedy.field !== null &&
          connectionKey !== null && (
            <ButtonLink
              look="primary"
              to="/connections/$key/configuration"
              params={{ key: connectionKey }}
              search={{ field: remedy.field }}
            >
              <Trans>Open the connection at this field</Trans>
            </ButtonLink>
          )
        }
      >
        {remedy.summary}
      </Notice>
      <FailureFacts failure={failure} />
      {oauthError && (
        <Section title={<Trans>What the issuer said</Trans>}>
          <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-4 gap-y-1.5">
            <Word name="error">{oauthError.error}</Word>
            {oauthError.errorDescription && <Word name="error_description">{oauthError.errorDescription}</Word>}
            {/* From a stranger: never a link. */}
            {oauthError.errorUri && <Word name="error_uri">{oauthError.errorUri}</Word>}
          </dl>
        </Section>
      )}
      {excerpt && (
        <Section title={<Trans>First words of its answer</Trans>}>
          <p className="font-mono text-sm wrap-anywhere whitespace-pre-wrap">{excerpt}</p>
        </Section>
      )}
    </div>
  )
}

function Section({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className="rounded-md border border-line bg-sunken px-3 py-2.5">
      <h3 className="mb-1.5 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  )
}

function Word({ name, children }: { name: string; children: string }) {
  return (
    <>
      <dt className="font-mono text-sm text-muted">{name}</dt>
      <dd className="min-w-0 font-mono text-sm wrap-anywhere">{children}</dd>
    </>
  )
}
