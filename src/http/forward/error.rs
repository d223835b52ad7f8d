//! Why a forwarded request has no answer.

use uuid::Uuid;

use super::PathProblem;
use crate::domain::Key;
use crate::domain::exchange::TransportFailure;
use crate::domain::failure::AuthFailure;
use crate::event_log::AppendError;
use crate::net::EgressDenied;

/// Why a forwarded request has no answer of the API.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// `CONNECT` or `TRACE`.
    #[error("CONNECT and TRACE requests are not forwarded")]
    MethodNotAllowed,
    /// More headers, or more bytes of them, than are forwarded.
    #[error("the request has too many or too large headers")]
    HeadersTooLarge,
    /// There is no such connection.
    #[error("there is no connection {0}")]
    UnknownConnection(Key),
    /// The connection does not say where its API is.
    #[error("the connection {0} has no base URL")]
    NoBaseUrl(Key),
    /// The path leads, or may lead, above the base URL.
    #[error(transparent)]
    Path(#[from] PathProblem),
    /// The address guard refuses the base URL.
    #[error(transparent)]
    EgressDenied(#[from] EgressDenied),
    /// The base URL has no TLS, and no operator has opened its host for that.
    #[error(
        "the base URL must start with https://, because the token travels there; an operator may open its host for \
         http with `egress.allow`"
    )]
    InsecureBaseUrl,
    /// As many requests as may be are under way.
    #[error("too many requests are being forwarded; try again in a moment")]
    TooMany,
    /// The start could not be recorded, so nothing was sent.
    #[error("the request could not be put on the record, so it was not sent")]
    NotRecorded(#[source] AppendError),
    /// The exchange was recorded and has failed.
    #[error("{failure}")]
    Failed {
        /// Its id on the log.
        exchange: Uuid,
        /// Why.
        failure: Box<Failure>,
    },
    /// Latchkey is shutting down, or the work on the request ended unexpectedly.
    #[error("the request was abandoned")]
    Abandoned,
}

/// Why an exchange has failed before there was an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There was no token: nothing was sent.
    #[error(transparent)]
    Auth(AuthFailure),
    /// The API could not be reached, or did not answer.
    #[error("{}", .0.message)]
    Transport(TransportFailure),
}
