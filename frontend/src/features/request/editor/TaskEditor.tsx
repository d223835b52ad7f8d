// The editor of HTTP Request Tasks: one form over two tabs, and Usage Data on the third.
import { Trans, useLingui } from '@lingui/react/macro'
import { Play, Save, Trash2 } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { FormProvider, useFormContext } from 'react-hook-form'
import { useMissing } from '@/api/viewer'
import type { EditedTaskFragment } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { FormTabs } from '@/ui/FormTabs'
import { LeaveGuard } from '@/ui/LeaveGuard'
import { Notice } from '@/ui/Notice'
import { Page, Panel } from '@/ui/Page'
import { Loading } from '@/ui/States'
import type { Range } from '@/ui/series'
import { useShortcuts } from '@/ui/shortcuts'
import { AuthorisationFields } from '../form/AuthorisationFields'
import { countErrors } from '../form/errors'
import { NotSent } from '../result/NotSent'
import { DeleteTask } from './DeleteTask'
import { RunDrawer } from './RunDrawer'
import { TaskFields } from './TaskFields'
import { TaskHistory } from './TaskHistory'
import { type TaskTab, taskTabs, useTaskForm } from './useTaskForm'

// Its charts are loaded by those who look at them.
const TaskUsage = lazy(() => import('./TaskUsage'))

type TaskEditorProps = {
  /** Null for a new one. */
  task: EditedTaskFragment | null
  tab: TaskTab
  onTab: (tab: TaskTab) => void
  range: Range
  onRange: (range: Range) => void
  /** The way back to the list. */
  above: ReactNode
  onCreated: (key: string) => void
  /** Done when the page of the task has been left. */
  onDeleted: () => Promise<void>
}

/** The whole page. */
export function TaskEditor(props: TaskEditorProps) {
  const { task, range, onRange, above, onCreated, onDeleted } = props
  const { t } = useLingui()
  const [tab, showTab] = useShownTab(props)
  const editor = useTaskForm({ task, showTab, onCreated })
  const { form, save, isChanged } = editor
  const [open, setOpen] = useState<'run' | 'delete' | null>(null)
  const missingSave = useMissing(task ? 'edit:HttpRequestTask' : 'create:HttpRequestTask')
  const missingRun = useMissing('execute:HttpRequest')
  useShortcuts({ 'Mod+Enter': () => missingSave === null && save() })
  useShortcuts({ r: () => setOpen('run') }, task !== null && open === null && missingRun === null)
  const contents: Record<TaskTab, ReactNode> = {
    request: <TaskFields isNew={task === null} aside={task && <TaskHistory taskKey={task.key} />} />,
    authorisation: (
      <Panel className="max-w-[48rem]">
        <AuthorisationFields />
      </Panel>
    ),
    usage: task && (
      <Suspense fallback={<Loading lines={18} />}>
        <TaskUsage taskKey={task.key} range={range} onRange={onRange} />
      </Suspense>
    ),
  }
  return (
    <Page
      title={task?.displayName ?? t`New HTTP Request Task`}
      lead={task && <span className="font-mono text-sm">{task.key}</span>}
      above={above}
      actions={task && <Actions onRun={() => setOpen('run')} onDelete={() => setOpen('delete')} />}
    >
      <FormProvider {...form}>
        <LeaveGuard when={isChanged} />
        <form
          noValidate
          onSubmit={event => {
            event.preventDefault()
            save()
          }}
        >
          <EditorTabs tab={tab} onTab={showTab} isNew={task === null}>
            {(value, shown) => (value !== 'usage' || shown) && <div className="pt-4">{contents[value]}</div>}
          </EditorTabs>
          {tab !== 'usage' && <SaveBar editor={editor} missing={missingSave} />}
        </form>
      </FormProvider>
      {task && open === 'run' && <RunDrawer task={task} isChanged={isChanged()} onClose={() => setOpen(null)} />}
      {task && open === 'delete' && <DeleteTask task={task} onClose={() => setOpen(null)} onDeleted={onDeleted} />}
    </Page>
  )
}

/** The tab of the address, but at once: the address follows a moment later, and an error is to be seen now. */
function useShownTab({ tab, onTab }: Pick<TaskEditorProps, 'tab' | 'onTab'>) {
  const [shown, setShown] = useState(tab)
  useEffect(() => setShown(tab), [tab])
  const show = (wanted: TaskTab) => {
    setShown(wanted)
    if (wanted !== tab) onTab(wanted)
  }
  return [shown, show] as const
}

function Actions({ onRun, onDelete }: { onRun: () => void; onDelete: () => void }) {
  const missingRun = useMissing('execute:HttpRequest')
  const missingDelete = useMissing('delete:HttpRequestTask')
  return (
    <>
      <Button look="danger" missing={missingDelete} onClick={onDelete} icon={<Trash2 aria-hidden className="size-4" />}>
        <Trans>Delete</Trans>
      </Button>
      <Button look="primary" missing={missingRun} onClick={onRun} icon={<Play aria-hidden className="size-4" />}>
        <Trans>Run</Trans>
      </Button>
    </>
  )
}

type EditorTabsProps = {
  tab: TaskTab
  onTab: (tab: TaskTab) => void
  isNew: boolean
  children: (value: TaskTab, shown: boolean) => ReactNode
}

function EditorTabs({ tab, onTab, isNew, children }: EditorTabsProps) {
  const { t } = useLingui()
  const { formState } = useFormContext()
  const errors = (value: TaskTab) => countErrors(formState.errors, taskTabs[value])
  const tabs = [
    { value: 'request' as const, label: <Trans>Request</Trans>, errors: errors('request') },
    { value: 'authorisation' as const, label: <Trans>Authorisation</Trans>, errors: errors('authorisation') },
    ...(isNew ? [] : [{ value: 'usage' as const, label: <Trans>Usage Data</Trans> }]),
  ]
  return (
    <FormTabs label={t`Parts of the task`} tabs={tabs} value={tab} onChange={onTab}>
      {children}
    </FormTabs>
  )
}

/** It stays at the window's lower edge while the form is longer, so that what went wrong is seen. */
function SaveBar({ editor, missing }: { editor: ReturnType<typeof useTaskForm>; missing: string | null }) {
  const { saving, unplaced, conflict, save, discard } = editor
  const { formState } = useFormContext()
  return (
    <div className="sticky bottom-0 z-10 -mx-4 mt-4 flex flex-col gap-3 border-t border-line bg-canvas px-4 py-3">
      {conflict !== null && (
        <Notice
          tone="warn"
          actions={
            <>
              <Button onClick={() => save(conflict)}>
                <Trans>Save mine over it</Trans>
              </Button>
              <Button onClick={discard}>
                <Trans>Drop mine and show it</Trans>
              </Button>
            </>
          }
        >
          <Trans>
            Somebody has changed the task meanwhile: it is at version {conflict}. Nothing was saved, and what you have
            typed is still here. Only the fields that you have changed would be saved over it.
          </Trans>
        </Notice>
      )}
      {unplaced.map(({ code, message }) => (
        <Notice key={code + message} tone="bad">
          {message}
        </Notice>
      ))}
      {saving.error && <NotSent error={saving.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          type="submit"
          look="primary"
          pending={saving.isPending}
          missing={missing}
          icon={<Save aria-hidden className="size-4" />}
        >
          <Trans>Save task</Trans>
        </Button>
        {formState.isDirty && (
          <span className="text-sm text-muted">
            <Trans>There are changes that are not saved.</Trans>
          </span>
        )}
      </div>
    </div>
  )
}
