// The end of the form: what is wrong with it as a whole, what is still asked for, and its two verbs.
import { Plural, Trans } from '@lingui/react/macro'
import { Save } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useMissing } from '@/api/viewer'
import { Button, ButtonLink } from '@/ui/Button'
import { Field } from '@/ui/forms/Field'
import { Checkbox, SecretTextArea, TextInput } from '@/ui/forms/inputs'
import { Notice } from '@/ui/Notice'
import { Panel } from '@/ui/Page'
import { WarningList } from './Notices'
import type { ConnectionFormState } from './useConnectionForm'
import type { Saved } from './useSaving'

/** What is wrong, what came of it, and what belongs to the save alone. */
export function BeforeSaving({ state }: { state: ConnectionFormState }) {
  const { base, problems, saved } = state
  const missingTest = useMissing('test:Connection')
  const said = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (problems.messages.length > 0 || problems.confirmation || saved) {
      said.current?.scrollIntoView({ block: 'nearest' })
    }
  }, [problems, saved])
  return (
    <div ref={said} className="flex scroll-mb-20 flex-col gap-3">
      {problems.messages.map(message => (
        <Notice key={message} tone="bad">
          {message}
        </Notice>
      ))}
      {problems.confirmation && <Confirmation state={state} {...problems.confirmation} />}
      {saved && <SavedNotice saved={saved} />}
      {base ? (
        <Panel>
          <Field label={<Trans>Reason</Trans>} hint={<Trans>Why it is changed, for the log.</Trans>}>
            {control => <TextInput {...control} ref={state.reason} />}
          </Field>
        </Panel>
      ) : (
        !missingTest && (
          <Panel>
            <Checkbox
              hint={<Trans>Without a token from the issuer nothing is saved.</Trans>}
              onChange={event => {
                state.testFirst.current = event.target.checked
              }}
            >
              <Trans>Test before saving</Trans>
            </Checkbox>
          </Panel>
        )
      )}
    </div>
  )
}

/** The verbs stay at the window's lower edge while the form is longer. */
export function SaveBar({ state }: { state: ConnectionFormState }) {
  const { base, isDirty, isSaving, isTesting, saved } = state
  const missingSave = useMissing(base ? 'edit:Connection' : 'create:Connection')
  const missingTest = useMissing('test:Connection')
  return (
    <div className="sticky bottom-0 z-10 -mx-px flex min-h-14 flex-wrap items-center gap-2 rounded-t-lg border border-line bg-surface px-4 py-2 shadow-raised">
      {saved !== null && base === null ? (
        <ButtonLink look="primary" to="/connections/$key" params={{ key: saved.key }}>
          <Trans>Open the connection</Trans>
        </ButtonLink>
      ) : (
        <Button
          type="submit"
          look="primary"
          icon={<Save aria-hidden className="size-4" />}
          pending={isSaving}
          missing={missingSave}
        >
          <Trans>Save connection</Trans>
        </Button>
      )}
      <Button pending={isTesting} missing={missingTest} onClick={() => void state.runTest()}>
        {/* The head of a saved connection has a "Test" of its own, of what is saved. */}
        {base ? <Trans>Test this form</Trans> : <Trans>Test</Trans>}
      </Button>
      {base && (
        <span className="text-sm text-muted">
          {isDirty ? <Trans>There are changes that are not saved.</Trans> : <Trans>Nothing to save.</Trans>}
        </span>
      )}
    </div>
  )
}

function SavedNotice({ saved: { version, warnings } }: { saved: Saved }) {
  return (
    <Notice tone={warnings.length > 0 ? 'warn' : 'ok'}>
      <WarningList warnings={warnings}>
        {version === null ? <Trans>Saved.</Trans> : <Trans>Saved as version {version}.</Trans>}{' '}
        {warnings.length > 0 && (
          <Plural
            value={warnings.length}
            one="The issuer does not list something that this connection will use:"
            other="The issuer does not list some things that this connection will use:"
          />
        )}
      </WarningList>
    </Notice>
  )
}

type ConfirmationProps = { state: ConnectionFormState; message: string; fields: readonly string[] }

/** Whoever knows the secret may decide where it goes. Its value is in the control and goes into the next request. */
function Confirmation({ state, message, fields }: ConfirmationProps) {
  return (
    <div className="flex flex-col gap-3 rounded-md border border-line bg-warn-soft p-3">
      <p role="alert">{message}</p>
      {fields.length > 0 && (
        <p className="text-sm text-muted">
          <Trans>Because of: {fields.join(', ')}</Trans>
        </p>
      )}
      <Field
        label={<Trans>Current value of the secret</Trans>}
        hint={<Trans>Then save or test again. It is sent once and kept nowhere.</Trans>}
        required
      >
        {control => <SecretTextArea {...control} ref={state.confirmation} rows={2} />}
      </Field>
    </div>
  )
}
