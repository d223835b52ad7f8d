// Every page and its address. Pages are loaded when they are first visited; what their addresses may say is in
// routes/search.ts.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { NotFound } from './app/NotFound'
import { PageFailed } from './app/PageFailed'
import { Root } from './app/Root'
import * as search from './routes/search'

const root = createRootRoute({ component: Root })
const at = () => root

const overview = createRoute({
  getParentRoute: at,
  path: '/',
  component: lazyRouteComponent(() => import('./routes/overview'), 'OverviewPage'),
})
const connections = createRoute({
  getParentRoute: at,
  path: '/connections',
  validateSearch: search.connections,
  component: lazyRouteComponent(() => import('./routes/connections'), 'ConnectionsPage'),
})
const newConnection = createRoute({
  getParentRoute: at,
  path: '/connections/new',
  component: lazyRouteComponent(() => import('./routes/newConnection'), 'NewConnectionPage'),
})
const connection = createRoute({
  getParentRoute: at,
  path: '/connections/$key',
  component: lazyRouteComponent(() => import('./routes/connection'), 'ConnectionPage'),
})
const connectionOverview = createRoute({
  getParentRoute: () => connection,
  path: '/',
  component: lazyRouteComponent(() => import('./routes/connection'), 'ConnectionOverviewTab'),
})
const connectionConfiguration = createRoute({
  getParentRoute: () => connection,
  path: '/configuration',
  validateSearch: search.configuration,
  component: lazyRouteComponent(() => import('./routes/connectionConfiguration'), 'ConnectionConfigurationTab'),
})
const connectionUsage = createRoute({
  getParentRoute: () => connection,
  path: '/usage',
  validateSearch: search.usage,
  component: lazyRouteComponent(() => import('./routes/connectionUsage'), 'ConnectionUsageTab'),
})
const connectionHistory = createRoute({
  getParentRoute: () => connection,
  path: '/history',
  validateSearch: search.history,
  component: lazyRouteComponent(() => import('./routes/connectionHistory'), 'ConnectionHistoryTab'),
})
const tasks = createRoute({
  getParentRoute: at,
  path: '/tasks',
  validateSearch: search.tasks,
  component: lazyRouteComponent(() => import('./routes/tasks'), 'TasksPage'),
})
const newTask = createRoute({
  getParentRoute: at,
  path: '/tasks/new',
  validateSearch: search.task,
  component: lazyRouteComponent(() => import('./routes/task'), 'NewTaskPage'),
})
const task = createRoute({
  getParentRoute: at,
  path: '/tasks/$key',
  validateSearch: search.task,
  component: lazyRouteComponent(() => import('./routes/task'), 'TaskPage'),
})
const requests = createRoute({
  getParentRoute: at,
  path: '/requests',
  validateSearch: search.requests,
  component: lazyRouteComponent(() => import('./routes/requests'), 'RequestsPage'),
})
const exchange = createRoute({
  getParentRoute: at,
  path: '/requests/$id',
  component: lazyRouteComponent(() => import('./routes/exchange'), 'ExchangePage'),
})
const failures = createRoute({
  getParentRoute: at,
  path: '/failures',
  validateSearch: search.failures,
  component: lazyRouteComponent(() => import('./routes/failures'), 'FailuresPage'),
})
const secrets = createRoute({
  getParentRoute: at,
  path: '/secrets',
  validateSearch: search.secrets,
  component: lazyRouteComponent(() => import('./routes/secrets'), 'SecretsPage'),
})
const audit = createRoute({
  getParentRoute: at,
  path: '/audit',
  validateSearch: search.audit,
  component: lazyRouteComponent(() => import('./routes/audit'), 'AuditPage'),
})
const settings = createRoute({
  getParentRoute: at,
  path: '/settings',
  component: lazyRouteComponent(() => import('./routes/settings'), 'SettingsPage'),
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
