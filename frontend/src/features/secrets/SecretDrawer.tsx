// One secret: what is known of it, where it is used, and what can be done with it.
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronDown, ChevronUp, RefreshCw, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useMissing } from '@/api/viewer'
import type { SecretDetailFragment } from '@/gen/graphql'
import { secretProviders } from '@/labels/secretProvider'
import { Button, IconButton } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { Dialog } from '@/ui/Dialog'
import { Notice } from '@/ui/Notice'
import { Fact, Facts } from '@/ui/Page'
import { Empty, Loaded } from '@/ui/States'
import { useShortcuts } from '@/ui/shortcuts'
import { Time } from '@/ui/Time'
import { DeleteSecret } from './DeleteSecret'
import { secretQuery } from './queries'
import { RotateSecret } from './RotateSecret'
import { UsedBy } from './UsedBy'

type SecretDrawerProps = {
  secretKey: string
  /** The secrets above and below it in the list. */
  previous: string | null
  next: string | null
  onSelect: (key: string | undefined) => void
}

/** The drawer of a secret. */
export function SecretDrawer({ secretKey, previous, next, onSelect }: SecretDrawerProps) {
  const { t } = useLingui()
  const secret = useQuery(secretQuery(secretKey))
  const step = (to: string | null) => to !== null && onSelect(to)
  useShortcuts({ '[': () => step(previous), ']': () => step(next) })
  return (
    <Dialog
      shape="drawer"
      title={secret.data?.displayName ?? secretKey}
      onClose={() => onSelect(undefined)}
      actions={
        <>
          <IconButton label={t`Previous secret`} disabled={previous === null} onClick={() => step(previous)}>
            <ChevronUp aria-hidden className="size-4" />
          </IconButton>
          <IconButton label={t`Next secret`} disabled={next === null} onClick={() => step(next)}>
            <ChevronDown aria-hidden className="size-4" />
          </IconButton>
        </>
      }
    >
      <Loaded query={secret} lines={12}>
        {data =>
          data ? (
            <Story secret={data} onGone={() => onSelect(undefined)} />
          ) : (
            <Empty
              action={
                <Button onClick={() => onSelect(undefined)}>
                  <Trans>Show all secrets</Trans>
                </Button>
              }
            >
              <Trans>There is no secret with this Key.</Trans>
            </Empty>
          )
        }
      </Loaded>
    </Dialog>
  )
}

function Story({ secret, onGone }: { secret: SecretDetailFragment; onGone: () => void }) {
  const [doing, setDoing] = useState<'rotate' | 'delete' | null>(null)
  const mayRotate = useMissing('edit:Secret')
  const mayDelete = useMissing('delete:Secret')
  useShortcuts({ e: () => mayRotate === null && setDoing('rotate') })
  return (
    <div className="flex flex-col gap-5">
      {secret.warnings.map(({ code, message }) => (
        <Notice key={code} tone="warn">
          {message}
        </Notice>
      ))}
      <SecretFacts secret={secret} />
      <section>
        <h3 className="mb-2 font-semibold">
          <Trans>Used by</Trans>
        </h3>
        <UsedBy
          connections={secret.usedBy?.nodes ?? null}
          tasks={secret.usedByTasks?.nodes ?? null}
          total={(secret.usedBy?.totalCount ?? 0) + (secret.usedByTasks?.totalCount ?? 0)}
        />
      </section>
      {doing === 'rotate' ? (
        <RotateSecret secret={secret} onDone={() => setDoing(null)} />
      ) : (
        <div className="flex flex-wrap gap-2 border-t border-line pt-4">
          <Button
            look="primary"
            icon={<RefreshCw aria-hidden className="size-4" />}
            missing={mayRotate}
            onClick={() => setDoing('rotate')}
          >
            <Trans>Rotate</Trans>
          </Button>
          <Button
            look="danger"
            icon={<Trash2 aria-hidden className="size-4" />}
            missing={mayDelete}
            onClick={() => setDoing('delete')}
          >
            <Trans>Delete</Trans>
          </Button>
        </div>
      )}
      {doing === 'delete' && <DeleteSecret secret={secret} onClose={() => setDoing(null)} onGone={onGone} />}
    </div>
  )
}

function SecretFacts({ secret }: { secret: SecretDetailFragment }) {
  const { i18n } = useLingui()
  const { key, provider, fingerprint, version, createdAt, rotatedAt, expiresAt, previous } = secret
  return (
    <Facts>
      <Fact name={<Trans>Key</Trans>}>
        <Mono>{key}</Mono>
      </Fact>
      <Fact name={<Trans>Value</Trans>}>
        <Trans>Can be replaced, but not be read.</Trans>
      </Fact>
      <Fact name={<Trans>Provider</Trans>}>{i18n._(secretProviders[provider])}</Fact>
      <Fact name={<Trans>Fingerprint</Trans>}>
        <Mono>{fingerprint}</Mono>
      </Fact>
      <Fact name={<Trans>Version</Trans>}>
        {version}{' '}
        <Link to="/audit" search={{ q: `target:${key}` }} className="ms-2 text-accent underline underline-offset-2">
          <Trans>History</Trans>
        </Link>
      </Fact>
      {previous && (
        <Fact name={<Trans>Previous value</Trans>}>
          <Trans>
            Version {previous.version}, still tried until <Time at={previous.until} exact="dateTime" />
          </Trans>
        </Fact>
      )}
      <Fact name={<Trans>Created</Trans>}>
        <Moment at={createdAt} />
      </Fact>
      <Fact name={<Trans>Rotated</Trans>}>{rotatedAt ? <Moment at={rotatedAt} /> : <Trans>never</Trans>}</Fact>
      <Fact name={<Trans>Expires</Trans>}>{expiresAt ? <Moment at={expiresAt} /> : <Trans>not known</Trans>}</Fact>
    </Facts>
  )
}

function Moment({ at }: { at: string }): ReactNode {
  return (
    <>
      <Time at={at} exact="dateTime" />{' '}
      <span className="text-muted">
        (<Time at={at} />)
      </span>
    </>
  )
}
