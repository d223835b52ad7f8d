//! Latchkey: OAuth 2.0 client credentials connections, and the authorised HTTP calls made through them.

pub mod clock;
pub mod command;
pub mod config;
pub mod crypto;
pub mod demo;
pub mod domain;
pub mod event_log;
pub mod graphql;
pub mod http;
pub mod net;
pub mod oauth;
pub mod projections;
pub mod registry;
pub mod server;
pub mod telemetry;
