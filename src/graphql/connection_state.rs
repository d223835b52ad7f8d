//! `ConnectionState`: whether a connection works.

use async_graphql::Enum;

use crate::domain::connection_state as domain;

/// Whether a connection works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ConnectionState")]
pub enum ConnectionState {
    /// No token was asked for since it was created, its definition changed or its secret rotated.
    Untested,
    /// The last token was issued, or the last test went through.
    Authorized,
    /// No token could be had, but an earlier one is still good; or an API refused even a fresh token.
    Degraded,
    /// No token could be had, and there is no earlier one that is still good.
    Failing,
    /// Its secret could not be read, or is no key that can sign.
    SecretUnavailable,
    /// Somebody disabled it.
    Disabled,
}
