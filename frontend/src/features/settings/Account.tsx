// Who is signed in and what they may do.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { LogOut } from 'lucide-react'
import { signOut } from '@/api/session'
import { viewerQuery } from '@/api/viewer'
import { actorTypes } from '@/labels/audit'
import { Button } from '@/ui/Button'
import { Mono } from '@/ui/Code'
import { useMessageOf } from '@/ui/messageOf'
import { Notice } from '@/ui/Notice'
import { Fact, Facts, Panel } from '@/ui/Page'
import { Loaded } from '@/ui/States'
import { Chip } from '@/ui/Status'
import { groupPermissions } from './permissions'

/** The viewer. */
export function Account() {
  const { i18n } = useLingui()
  const viewer = useQuery(viewerQuery)
  const messageOf = useMessageOf()
  const leaving = useMutation({ mutationFn: signOut })
  return (
    <Panel
      title={<Trans>Signed in</Trans>}
      actions={
        <Button
          icon={<LogOut aria-hidden className="size-4" />}
          pending={leaving.isPending}
          onClick={() => leaving.mutate()}
        >
          <Trans>Sign out</Trans>
        </Button>
      }
    >
      {leaving.error && <Notice tone="bad">{messageOf(leaving.error)}</Notice>}
      <Loaded query={viewer} lines={6}>
        {data =>
          data && (
            <Facts>
              <Fact name={<Trans>Name</Trans>}>{data.actor.display ?? data.actor.id}</Fact>
              <Fact name={<Trans>In the event log</Trans>}>
                {i18n._(actorTypes[data.actor.type])}, <Mono>{data.actor.id}</Mono>
              </Fact>
              {groupPermissions(data.permissions).map(({ object, actions }) => (
                <Fact key={object} name={<Mono>{object}</Mono>}>
                  <span className="flex flex-wrap gap-1">
                    {actions.map(action => (
                      <Chip key={action}>{action}</Chip>
                    ))}
                  </span>
                </Fact>
              ))}
            </Facts>
          )
        }
      </Loaded>
    </Panel>
  )
}
