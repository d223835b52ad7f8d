//! The GraphQL API: what may be asked, and by whom.
//!
//! Files are named after what the API names: `connection.rs` is `ConnectionProfile`, `mutation/secret.rs` has
//! `createSecret`, and so on. A resolver makes four moves: parse, act, map, return. What a client did wrong is data
//! (`user_errors.rs`), a fault is a GraphQL error (`errors.rs`).
//!
//! Deliberately absent: SQL, HTTP clients and the transports themselves (they stand in `server`).

pub mod actor;
pub mod audit_event;
pub mod auth_failure;
mod batches;
pub mod caller;
pub mod client_authentication;
pub mod coercion;
pub mod connection;
pub mod connection_state;
pub mod connection_test;
pub mod definition;
pub mod discovery;
pub mod errors;
pub mod exchange;
pub mod filters;
pub mod http_request_task;
pub mod http_response;
pub mod ids;
pub mod limits;
pub mod metadata_change;
pub mod mutation;
pub mod node;
pub mod pagination;
pub mod permission;
pub mod scalars;
pub mod schema;
pub mod secret;
pub mod services;
pub mod subscription;
pub mod token_status;
pub mod usage;
pub mod user_errors;
pub mod viewer;
pub mod warning;

pub use errors::{ApiError, ErrorCode};
pub use permission::Permission;
pub use schema::{LatchkeySchema, build, sdl};
pub use services::Services;
