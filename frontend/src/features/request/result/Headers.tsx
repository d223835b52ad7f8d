import { Trans, useLingui } from '@lingui/react/macro'
import { Mono } from '@/ui/Code'
import { Cell, Column, Head, Row, Table } from '@/ui/Table'

/** Headers in their order; names may repeat, and values are not always kept. */
export function Headers({ headers }: { headers: { name: string; value: string | null }[] }) {
  const { t } = useLingui()
  return (
    <div className="overflow-x-auto rounded-md border border-line">
      <Table label={t`Headers`}>
        <Head>
          <Column className="w-1/3">
            <Trans>Name</Trans>
          </Column>
          <Column>
            <Trans>Value</Trans>
          </Column>
        </Head>
        <tbody>
          {headers.map(({ name, value }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: headers stay in their order, and names repeat
            <Row key={index} className="align-top">
              <Cell>
                <Mono>{name}</Mono>
              </Cell>
              <Cell>
                {value === null ? (
                  <span className="text-muted">
                    <Trans>not kept</Trans>
                  </span>
                ) : (
                  <Mono>{value}</Mono>
                )}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  )
}
