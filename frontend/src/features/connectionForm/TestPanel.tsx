// The panel beside the form: the newest test, which stays in sight while the form is mended.
import { Trans, useLingui } from '@lingui/react/macro'
import { Button } from '@/ui/Button'
import { Panel } from '@/ui/Page'
import { Loading } from '@/ui/States'
import { TestResult } from '@/views/TestResult'
import { fieldLabel } from './fieldLabels'
import { type FieldName, fieldOf } from './fields'
import type { ConnectionFormState } from './useConnectionForm'

type TestPanelProps = { state: ConnectionFormState; onField: (field: FieldName) => void }

/** Its result, or what a test is. */
export function TestPanel({ state, onField }: TestPanelProps) {
  const { i18n } = useLingui()
  const { test, isTesting, form } = state
  const toField = (path: string) => {
    const field = fieldOf(path, form.getValues())
    const label = field && fieldLabel(field)
    if (!field || !label) return null
    return (
      <Button onClick={() => onField(field)}>
        <Trans>Go to {i18n._(label)}</Trans>
      </Button>
    )
  }
  return (
    <Panel title={<Trans>Test</Trans>}>
      {isTesting ? (
        <Loading lines={8} />
      ) : test ? (
        <TestResult test={test} toField={toField} />
      ) : (
        <p className="text-muted">
          <Trans>
            A test asks the issuer for a token with what the form says, saved or not, step by step, and throws the token
            away.
          </Trans>
        </p>
      )}
    </Panel>
  )
}
