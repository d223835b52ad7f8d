// Two versions of a connection side by side.
import { Trans, useLingui } from '@lingui/react/macro'
import { useId } from 'react'
import { shortDateTime } from '@/i18n/format'
import { definitionFields } from '@/labels/definition'
import { Mono } from '@/ui/Code'
import { Diff } from '@/ui/Diff'
import { Select } from '@/ui/forms/inputs'
import { Panel } from '@/ui/Page'
import type { Compared } from './HistoryTab'
import type { Version } from './versions'

type CompareProps = { versions: Version[]; compared: Compared; onCompare: (compared: Compared) => void }

/** The choice of two versions, and their differences. */
export function Compare({ versions, compared, onCompare }: CompareProps) {
  const known = versions.filter(({ snapshot }) => snapshot !== null)
  const to = known.find(({ version }) => version === compared.to) ?? known.at(-1)
  const from =
    known.find(({ version }) => version === compared.from) ?? (to && known.findLast(one => one.version < to.version))
  return (
    <Panel
      title={<Trans>Compare versions</Trans>}
      actions={
        <>
          <Choice
            label={<Trans>From</Trans>}
            versions={known}
            chosen={from}
            onChoose={version => onCompare({ from: version, to: to?.version ?? null })}
          />
          <Choice
            label={<Trans>To</Trans>}
            versions={known}
            chosen={to}
            onChoose={version => onCompare({ from: from?.version ?? null, to: version })}
          />
        </>
      }
    >
      {from && to ? (
        <Diff
          before={from.snapshot}
          after={to.snapshot}
          names={{ before: <Trans>Version {from.version}</Trans>, after: <Trans>Version {to.version}</Trans> }}
          label={path => <Part path={path} />}
        />
      ) : (
        <p className="text-muted">
          <Trans>There is no version before this one to compare it with.</Trans>
        </p>
      )}
    </Panel>
  )
}

type ChoiceProps = {
  label: React.ReactNode
  versions: Version[]
  chosen: Version | undefined
  onChoose: (version: number) => void
}

function Choice({ label, versions, chosen, onChoose }: ChoiceProps) {
  const { t, i18n } = useLingui()
  const id = useId()
  return (
    <span className="flex items-center gap-2">
      <label htmlFor={id} className="text-sm text-muted">
        {label}
      </label>
      <Select
        id={id}
        className="w-52"
        value={chosen?.version ?? ''}
        onChange={event => onChoose(Number(event.target.value))}
      >
        {versions.toReversed().map(({ version, event }) => {
          const at = shortDateTime(i18n.locale, event.occurredAt)
          return (
            <option key={version} value={version}>
              {t`Version ${version}, ${at}`}
            </option>
          )
        })}
      </Select>
    </span>
  )
}

/** A path with the name that its first part has in the pages. */
function Part({ path }: { path: string }) {
  const { i18n } = useLingui()
  const [, name = path, rest = ''] = /^([^.[]+)\.?(.*)$/.exec(path) ?? []
  const label = definitionFields[name]
  if (!label) return <Mono>{path}</Mono>
  return (
    <>
      {i18n._(label)}
      {rest && <Mono className="block text-muted">{rest}</Mono>}
    </>
  )
}
