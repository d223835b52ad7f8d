// The events of the log, by persisted name: the same table as in docs/event-format.md.
import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

/** What each event says, in words. A test compares the names with the documented table. */
export const eventTypes: Record<string, MessageDescriptor> = {
  'connection.created.v1': msg`Connection created`,
  'connection.updated.v1': msg`Connection changed`,
  'connection.disabled.v1': msg`Connection disabled`,
  'connection.enabled.v1': msg`Connection enabled`,
  'connection.deleted.v1': msg`Connection deleted`,
  'connection.metadata_changed.v1': msg`Issuer publishes other endpoints than those in use`,
  'connection.metadata_settled.v1': msg`Issuer publishes again what is in use`,
  'connection.tested.v1': msg`Connection tested`,
  'connection_test.started.v1': msg`Connection test started`,
  'connection_test.outcome_unknown.v1': msg`Connection test without a known end`,
  'secret.created.v1': msg`Secret created`,
  'secret.rotated.v1': msg`Secret rotated`,
  'secret.deleted.v1': msg`Secret deleted`,
  'token.issued.v1': msg`Token issued`,
  'token.request_failed.v1': msg`Token request failed`,
  'token.rejected.v1': msg`Token rejected by the API`,
  'token.evicted.v1': msg`Tokens evicted`,
  'task.created.v1': msg`HTTP Request Task created`,
  'task.updated.v1': msg`HTTP Request Task changed`,
  'task.deleted.v1': msg`HTTP Request Task deleted`,
  'exchange.started.v1': msg`Request started`,
  'exchange.completed.v1': msg`Request answered`,
  'exchange.failed.v1': msg`Request failed`,
  'exchange.outcome_unknown.v1': msg`Request without a known end`,
}

/** The kinds of things that events are about, as the API names them. */
export const targetTypes: Record<string, MessageDescriptor> = {
  connection: msg`Connection`,
  secret: msg`Secret`,
  token: msg`Token`,
  task: msg`HTTP Request Task`,
  exchange: msg`Request`,
  test: msg`Connection test`,
}
