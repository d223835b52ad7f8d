//! The schema, asked in process: no sockets, a real database.

mod audit_events;
mod auth_failures;
mod coercion;
mod connections;
mod exchanges;
mod lists;
mod pagination;
mod permissions;
mod requests;
mod secrets;
mod subscriptions;
mod tokens;
