//! Latchkey: OAuth 2.0 client credentials connections, and the authorised HTTP calls made through them.

pub mod clock;
pub mod command;
pub mod config;
pub mod crypto;
pub mod demo;
pub mod domain;
pub mod event_log;
pub mod net;
pub mod projections;
pub mod server;
pub mod telemetry;
