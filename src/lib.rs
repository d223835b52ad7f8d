//! Latchkey: OAuth 2.0 client credentials connections, and the authorised HTTP calls made through them.

pub mod clock;
pub mod crypto;
pub mod domain;
pub mod net;
pub mod oauth;
