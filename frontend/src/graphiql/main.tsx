// GraphiQL with Latchkey's session: whoever is signed in there is signed in here. Bundled, because a page that may use the
// session must not run somebody else's script.
import 'graphiql/graphiql.css'
import './graphiql.css'
import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { createRoot } from 'react-dom/client'
import { ApiError, request } from '@/api/request'
import { ViewerDocument } from '@/gen/graphql'
import { activate, preferredLocale } from '@/i18n/locale'
import { Explorer } from './Explorer'
import { NotThere } from './NotThere'

const place = document.getElementById('graphiql')
if (!place) throw new Error('graphiql/index.html has no #graphiql')

const [refusal] = await Promise.all([
  request(ViewerDocument).then(
    () => null,
    (error: unknown) => (error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error))),
  ),
  activate(preferredLocale()),
])
createRoot(place).render(
  <I18nProvider i18n={i18n}>{refusal ? <NotThere error={refusal} /> : <Explorer />}</I18nProvider>,
)
