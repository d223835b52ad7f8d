// The form of a connection, new or saved.
import { useEffect, useRef, useState } from 'react'
import { FormProvider } from 'react-hook-form'
import { useMissing } from '@/api/viewer'
import type { ConnectionFormFragment } from '@/gen/graphql'
import { LeaveGuard } from '@/ui/LeaveGuard'
import { useShortcuts } from '@/ui/shortcuts'
import { AuthenticationSection } from './AuthenticationSection'
import { MarkedField, reveal } from './FormField'
import { type FieldName, fieldOf } from './fields'
import { IdentitySection } from './IdentitySection'
import { DestinationSection, MoreSection } from './MoreSections'
import { type NewSecretHandle, PendingSecret } from './NewSecret'
import { DisabledNotice, MetadataChangeNotice, OthersNotice } from './Notices'
import { ParametersSection } from './ParametersSection'
import { BeforeSaving, SaveBar } from './SaveBar'
import { TestPanel } from './TestPanel'
import { useConnectionForm } from './useConnectionForm'
import type { Saved } from './useSaving'

type ConnectionFormProps = {
  /** The saved connection; null for a new one. */
  connection: ConnectionFormFragment | null
  /** The field of the input that a failure's remedy has named. */
  field?: string | undefined
  /** After a save, once nothing is left to be lost. */
  onSaved?: (saved: Saved) => void
}

/** All of it, with the test beside it. */
export function ConnectionForm({ connection, field, onSaved }: ConnectionFormProps) {
  const element = useRef<HTMLFormElement>(null)
  const result = useRef<HTMLDivElement>(null)
  const pendingSecret = useRef<NewSecretHandle>(null)
  const leaving = useRef(false)
  const state = useConnectionForm({
    connection,
    element,
    pendingSecret,
    onSaved: saved => {
      // The values of a new connection stay on the page, and are no longer to be lost.
      leaving.current = connection === null
      onSaved?.(saved)
    },
  })
  const { form, base, save, runTest, test } = state
  const marked = useMarked(field, element, form.getValues)
  const maySave = useMissing(connection ? 'edit:Connection' : 'create:Connection') === null
  const mayTest = useMissing('test:Connection') === null
  useShortcuts({ 'Mod+Enter': () => maySave && void save() })
  useShortcuts({ t: () => void runTest() }, connection === null && mayTest)
  // On narrow windows the result is below the form.
  useEffect(() => {
    if (test) result.current?.scrollIntoView({ block: 'nearest' })
  }, [test])
  return (
    <FormProvider {...form}>
      <MarkedField value={marked}>
        <PendingSecret value={pendingSecret}>
          <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(20rem,26rem)]">
            <form
              ref={element}
              noValidate
              onSubmit={event => {
                event.preventDefault()
                void save()
              }}
              // The bar of verbs must not hide what has the focus (WCAG 2.4.11).
              className="flex min-w-0 flex-col gap-4 [&_:is(input,select,textarea,button,summary)]:scroll-mb-20"
            >
              {base && <DisabledNotice connection={base} field={field} />}
              {base?.metadataChange && (
                <MetadataChangeNotice change={base.metadataChange} pending={state.isSaving} onDecide={state.decide} />
              )}
              <OthersNotice state={state} />
              <IdentitySection isNew={connection === null} />
              <AuthenticationSection />
              <ParametersSection />
              <DestinationSection />
              <MoreSection />
              <BeforeSaving state={state} />
              <SaveBar state={state} />
            </form>
            <div ref={result} className="scroll-mb-20 lg:sticky lg:top-4">
              <TestPanel state={state} onField={name => element.current && reveal(element.current, name)} />
            </div>
          </div>
        </PendingSecret>
      </MarkedField>
      <LeaveGuard when={() => !leaving.current && state.isDirty} />
    </FormProvider>
  )
}

/** The field that the address names, marked, and brought into sight once. */
function useMarked(
  path: string | undefined,
  element: { current: HTMLFormElement | null },
  values: () => Parameters<typeof fieldOf>[1],
): FieldName | null {
  const [marked] = useState(() => (path === undefined ? null : fieldOf(path, values())))
  useEffect(() => {
    if (marked && element.current) reveal(element.current, marked)
  }, [marked, element])
  return marked
}
