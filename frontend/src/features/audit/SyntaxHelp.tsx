// What can be searched for, behind a button.
import { Trans, useLingui } from '@lingui/react/macro'
import { CircleHelp } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { IconButton } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'

/** The button and the dialog that it opens. */
export function SyntaxHelp() {
  const { t } = useLingui()
  const [open, setOpen] = useState(false)
  return (
    <>
      <IconButton label={t`What can be searched for`} onClick={() => setOpen(true)}>
        <CircleHelp aria-hidden className="size-4" />
      </IconButton>
      {open && (
        <Dialog title={<Trans>What can be searched for</Trans>} onClose={() => setOpen(false)}>
          <Syntax />
        </Dialog>
      )}
    </>
  )
}

function Syntax() {
  return (
    <div className="flex flex-col gap-4">
      <p>
        <Trans>
          Terms of one field mean any of them, terms of different fields all of them. Values with spaces stand in
          quotation marks.
        </Trans>
      </p>
      <dl className="flex flex-col gap-3">
        <Example text="type:secret.rotated type:connection.*">
          <Trans>What happened, by its name or the beginning of it.</Trans>
        </Example>
        <Example text="target:billing target:secret/*">
          <Trans>What it happened to: the Key of a connection, secret or task, or all of a kind.</Trans>
        </Example>
        <Example text="actor:admin-token actor:system">
          <Trans>Who did it: an ID, or a kind (user, service, cli, system). In quotation marks it is an ID.</Trans>
        </Example>
        <Example text="outcome:failure">
          <Trans>Whether it came about: success, failure or unknown.</Trans>
        </Example>
        <Example text="after:24h before:2026-03-01T12:00">
          <Trans>
            When: a day, a moment, or a span before now. The first includes its moment, the second does not.
          </Trans>
        </Example>
        <Example text="correlation:01950000-0000-7000-8000-0000000000c1">
          <Trans>All events of one story. Of a request it is the request’s ID.</Trans>
        </Example>
      </dl>
    </div>
  )
}

function Example({ text, children }: { text: string; children: ReactNode }) {
  return (
    <div>
      <dt className="font-mono text-sm break-words">{text}</dt>
      <dd className="text-muted">{children}</dd>
    </div>
  )
}
