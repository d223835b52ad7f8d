import { Trans } from '@lingui/react/macro'
import { FIELDS, type Problem } from './search'

/** Says in one sentence what is wrong with a part of a search, and what could stand there. */
export function ProblemText({ problem: { kind, text } }: { problem: Problem }) {
  const part = <code className="font-mono">{text}</code>
  switch (kind) {
    case 'noField':
      return (
        <Trans>
          {part} has no field. Say what it is, as in <code className="font-mono">target:billing</code>.
        </Trans>
      )
    case 'unknownField': {
      const fields = FIELDS.join(', ')
      return (
        <Trans>
          There is no field {part}. The fields are: {fields}.
        </Trans>
      )
    }
    case 'noValue':
      return <Trans>{part} has no value behind its colon.</Trans>
    case 'openQuote':
      return <Trans>{part} has no closing quotation mark.</Trans>
    case 'unknownType':
      return <Trans>No event is called {part}.</Trans>
    case 'unknownTargetType':
      return <Trans>No event is about things of the kind {part}.</Trans>
    case 'badKey':
      return (
        <Trans>
          {part} is not a Key. A request or a test is found by <code className="font-mono">correlation:</code> and its
          ID.
        </Trans>
      )
    case 'badOutcome':
      return <Trans>{part} is not an outcome. The outcomes are: success, failure, unknown.</Trans>
    case 'badTime':
      return (
        <Trans>
          {part} is not a time. Write a day (2026-03-01), a moment (2026-03-01T12:00) or a span before now (30m, 24h,
          7d).
        </Trans>
      )
    case 'badCorrelation':
      return <Trans>{part} is not the ID of a story: that would be a UUID.</Trans>
    case 'twice':
      return <Trans>{part} can appear only once.</Trans>
    case 'emptyRange':
      return <Trans>The search ends before it begins: {part}.</Trans>
  }
}
