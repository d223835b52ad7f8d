// Every page and its address. Pages are loaded when they are first visited; what their addresses may say is in
// routes/search.ts.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { ApiError } from './api/request'
import { NotFound } from './app/NotFound'
import { PageFailed } from './app/PageFailed'
import { Root } from './app/Root'
import * as search from './routes/search'

/**
 * A page that is loaded when it is first visited. The router would reload the window when that fails, which ends in the
 * browser's own error page while the server is away; ours says what is wrong and stays.
 */
const page: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(
    () =>
      load().catch(() => {
        throw new ApiError('OFFLINE', 'The page could not be loaded.')
      }),
    name,
  )

const root = createRootRoute({ component: Root })
const at = () => root

const overview = createRoute({
  getParentRoute: at,
  path: '/',
  component: page(() => import('./routes/overview'), 'OverviewPage'),
})
const connections = createRoute({
  getParentRoute: at,
  path: '/connections',
  validateSearch: search.connections,
  component: page(() => import('./routes/connections'), 'ConnectionsPage'),
})
const newConnection = createRoute({
  getParentRoute: at,
  path: '/connections/new',
  component: page(() => import('./routes/newConnection'), 'NewConnectionPage'),
})
const connection = createRoute({
  getParentRoute: at,
  path: '/connections/$key',
  component: page(() => import('./routes/connection'), 'ConnectionPage'),
})
const connectionOverview = createRoute({
  getParentRoute: () => connection,
  path: '/',
  component: page(() => import('./routes/connection'), 'ConnectionOverviewTab'),
})
const connectionConfiguration = createRoute({
  getParentRoute: () => connection,
  path: '/configuration',
  validateSearch: search.configuration,
  component: page(() => import('./routes/connectionConfiguration'), 'ConnectionConfigurationTab'),
})
const connectionUsage = createRoute({
  getParentRoute: () => connection,
  path: '/usage',
  validateSearch: search.usage,
  component: page(() => import('./routes/connectionUsage'), 'ConnectionUsageTab'),
})
const connectionHistory = createRoute({
  getParentRoute: () => connection,
  path: '/history',
  validateSearch: search.history,
  component: page(() => import('./routes/connectionHistory'), 'ConnectionHistoryTab'),
})
const tasks = createRoute({
  getParentRoute: at,
  path: '/tasks',
  validateSearch: search.tasks,
  component: page(() => import('./routes/tasks'), 'TasksPage'),
})
const newTask = createRoute({
  getParentRoute: at,
  path: '/tasks/new',
  validateSearch: search.task,
  component: page(() => import('./routes/task'), 'NewTaskPage'),
})
const task = createRoute({
  getParentRoute: at,
  path: '/tasks/$key',
  validateSearch: search.task,
  component: page(() => import('./routes/task'), 'TaskPage'),
})
const requests = createRoute({
  getParentRoute: at,
  path: '/requests',
  validateSearch: search.requests,
  component: page(() => import('./routes/requests'), 'RequestsPage'),
})
const exchange = createRoute({
  getParentRoute: at,
  path: '/requests/$id',
  component: page(() => import('./routes/exchange'), 'ExchangePage'),
})
const failures = createRoute({
  getParentRoute: at,
  path: '/failures',
  validateSearch: search.failures,
  component: page(() => import('./routes/failures'), 'FailuresPage'),
})
const secrets = createRoute({
  getParentRoute: at,
  path: '/secrets',
  validateSearch: search.secrets,
  component: page(() => import('./routes/secrets'), 'SecretsPage'),
})
const audit = createRoute({
  getParentRoute: at,
  path: '/audit',
  validateSearch: search.audit,
  component: page(() => import('./routes/audit'), 'AuditPage'),
})
const settings = createRoute({
  getParentRoute: at,
  path: '/settings',
  component: page(() => import('./routes/settings'), 'SettingsPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    connections,
    newConnection,
    connection.addChildren([connectionOverview, connectionConfiguration, connectionUsage, connectionHistory]),
    tasks,
    newTask,
    task,
    requests,
    exchange,
    failures,
    secrets,
    audit,
    settings,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: PageFailed,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
