// What a request is made of, on tabs: all but its method and URL.
import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { FormTabs } from '@/ui/FormTabs'
import { AuthorisationFields } from './AuthorisationFields'
import { BodyFields } from './BodyFields'
import { countErrors } from './errors'
import { typed } from './input'
import { PairsField } from './PairsField'
import type { FieldsOfTabs } from './useRequestErrors'
import type { RequestValues } from './values'

export type RequestTab = 'authorisation' | 'query' | 'headers' | 'body' | 'options'

/** Which fields lie on which tab. */
export const requestTabs: FieldsOfTabs<RequestTab> = {
  authorisation: ['authorization'],
  query: ['query'],
  headers: ['headers'],
  body: ['body'],
  options: ['timeout', 'followRedirects', 'retryOnFailure', 'retryNonIdempotent', 'idempotencyKey'],
}

type RequestTabsProps = {
  tab: RequestTab
  onTab: (tab: RequestTab) => void
  /** The content of the last tab. */
  options: ReactNode
}

/** The console's tabs. */
export function RequestTabs({ tab, onTab, options }: RequestTabsProps) {
  const { t } = useLingui()
  const { control, formState } = useFormContext<RequestValues>()
  const [query, headers] = useWatch({ control, name: ['query', 'headers'] })
  const labels: Record<RequestTab, ReactNode> = {
    authorisation: <Trans>Authorisation</Trans>,
    query: <Trans>Query</Trans>,
    headers: <Trans>Headers</Trans>,
    body: <Trans>Body</Trans>,
    options: <Trans>Options</Trans>,
  }
  const counts: Partial<Record<RequestTab, number>> = {
    query: typed(query).length,
    headers: typed(headers).length,
  }
  const tabs = (Object.keys(labels) as RequestTab[]).map(value => ({
    value,
    label: labels[value],
    count: counts[value] ?? 0,
    errors: countErrors(formState.errors, requestTabs[value]),
  }))
  const contents: Record<RequestTab, ReactNode> = {
    authorisation: <AuthorisationFields />,
    query: <QueryFields />,
    headers: <HeadersFields />,
    body: <BodyFields />,
    options,
  }
  return (
    <FormTabs label={t`Parts of the request`} tabs={tabs} value={tab} onChange={onTab}>
      {value => <div className="pt-4">{contents[value]}</div>}
    </FormTabs>
  )
}

/** The query that is added to the URL's own. */
export function QueryFields() {
  const { t } = useLingui()
  return (
    <PairsField
      name="query"
      label={t`Query`}
      addLabel={<Trans>Add a query parameter</Trans>}
      empty={<Trans>Nothing is added to the URL’s own query.</Trans>}
    />
  )
}

/** The headers that are sent besides those that Latchkey sets. */
export function HeadersFields() {
  const { t } = useLingui()
  return (
    <PairsField
      name="headers"
      label={t`Headers`}
      addLabel={<Trans>Add a header</Trans>}
      empty={<Trans>No header of your own is sent. Authorization is set by the connection.</Trans>}
    />
  )
}
