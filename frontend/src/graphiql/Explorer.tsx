import { GraphiQL } from 'graphiql'
import { storedTheme } from '@/ui/theme'
import { fetcher } from './fetcher'
import { createMemory } from './memory'

const welcome = `# Ctrl-Enter runs this.

query {
  viewer {
    permissions
  }
}
`

const memory = createMemory()

/** GraphiQL, in the theme that was chosen in the settings. */
export function Explorer() {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultQuery={welcome}
      storage={memory}
      forcedTheme={storedTheme()}
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        <a href="/">Latchkey</a>
      </GraphiQL.Logo>
    </GraphiQL>
  )
}
