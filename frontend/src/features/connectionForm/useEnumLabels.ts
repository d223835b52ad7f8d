import type { MessageDescriptor } from '@lingui/core'
import { useLingui } from '@lingui/react'

/** Labels in the reader's language, for the options of a select. */
export function useEnumLabels(labels: Readonly<Record<string, MessageDescriptor>>): Record<string, string> {
  const { i18n } = useLingui()
  return Object.fromEntries(Object.entries(labels).map(([value, label]) => [value, i18n._(label)]))
}
