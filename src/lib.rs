//! Latchkey: OAuth 2.0 client credentials connections, and the authorised HTTP calls made through them.

pub mod domain;
pub mod graphql;
pub mod server;
