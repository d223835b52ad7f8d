// The product, its licence, and the way to the API.
import { Trans } from '@lingui/react/macro'
import { Fact, Facts, Panel } from '@/ui/Page'

const link = 'text-accent underline underline-offset-2'

/** The API for those who do without these pages. */
export function Api() {
  return (
    <Panel title={<Trans>API</Trans>}>
      <p className="max-w-[70ch]">
        <Trans>
          These pages can do nothing that the API can’t. In{' '}
          <a href="/graphiql" className={link}>
            GraphiQL
          </a>{' '}
          it can be read and tried out, with the permissions of whoever is signed in.
        </Trans>
      </p>
    </Panel>
  )
}

/** What this is and what it is made of. */
export function About() {
  return (
    <Panel title={<Trans>About</Trans>}>
      <Facts>
        <Fact name={<Trans>Product</Trans>}>Latchkey</Fact>
        <Fact name={<Trans>Licence</Trans>}>Apache License 2.0</Fact>
        <Fact name={<Trans>Parts by others</Trans>}>
          <a href="/licences.txt" className={link}>
            <Trans>Packages of these pages and their licences</Trans>
          </a>
        </Fact>
      </Facts>
    </Panel>
  )
}
