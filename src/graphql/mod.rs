//! The GraphQL API: what may be asked, and by whom.
//!
//! Deliberately absent: SQL, HTTP clients and the transports themselves (they stand in `server`).

pub mod caller;
pub mod limits;
