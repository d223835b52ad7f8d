//! What a caller gets back from an executed request.

use std::sync::Arc;

use crate::domain::request::Header;
use crate::domain::{FieldError, HttpUrl, Key};
use crate::event_log::{AppendError, DatabaseError, Position};
use crate::net::EgressDenied;
use crate::projections::exchanges::ExchangeView;

/// An executed request: what the log says of it, and the answer that the log does not keep.
#[derive(Debug, Clone)]
pub struct Execution {
    /// As recorded, with its end.
    pub exchange: ExchangeView,
    /// Everything that was sent; `None` for a run of a task that is asked for again, whose task may have changed since.
    pub request: Option<SentRequest>,
    /// The API's answer; `None` when there was none, or when it belongs to an earlier call and is not kept any more.
    pub answer: Option<HttpAnswer>,
    /// Positions of the exchange's events, its token events included, in order.
    pub positions: Vec<Position>,
    /// Whether an idempotency key named an earlier call, so that nothing was sent now.
    pub replayed: bool,
}

/// The request as it was sent, for showing it to its own caller. The bearer token is not in here.
#[derive(Clone)]
pub struct SentRequest {
    /// With its query.
    pub url: HttpUrl,
    /// As the caller gave them.
    pub headers: Vec<Header>,
}

impl std::fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentRequest").field("host", &self.url.host()).finish_non_exhaustive()
    }
}

/// The answer of an API.
#[derive(Clone)]
pub struct HttpAnswer {
    /// Status.
    pub status: u16,
    /// In order; names may repeat. Values that are no UTF-8 have their bytes replaced by U+FFFD.
    pub headers: Vec<Header>,
    /// `Content-Type`, if any.
    pub content_type: Option<String>,
    /// Decoded from its `Content-Encoding`, up to the limit.
    pub body: Arc<[u8]>,
    /// Whether the body goes on beyond the limit.
    pub truncated: bool,
}

impl HttpAnswer {
    /// An answer with these headers.
    pub(super) fn new(status: u16, headers: Vec<Header>, (body, truncated): (Arc<[u8]>, bool)) -> Self {
        let content_type = headers.iter().find(|header| header.name == "content-type");
        Self { status, content_type: content_type.map(|header| header.value.clone()), headers, body, truncated }
    }
}

impl std::fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The body and the headers are the caller's business only.
        f.debug_struct("HttpAnswer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why a request was not executed. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A field of the request is wrong.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// There is no such connection.
    #[error("there is no connection {0}")]
    UnknownConnection(Key),
    /// There is no such task.
    #[error("there is no HTTP Request Task {0}")]
    UnknownTask(Key),
    /// The task's sealed values can't be opened.
    #[error("what is stored of task {0} can't be unsealed with the encryption keys that are configured")]
    TaskSealed(Key),
    /// The address guard refuses the URL.
    #[error(transparent)]
    EgressDenied(#[from] EgressDenied),
    /// The connection's `allowedHosts` do not name the URL's host.
    #[error(
        "connection {connection} may not send its token to {host}: name the host in the connection's allowedHosts, or \
         give the connection a base URL there"
    )]
    HostNotAllowed {
        /// The connection.
        connection: Key,
        /// Host of the URL.
        host: String,
    },
    /// The idempotency key's first call is still under way.
    #[error("the call with this idempotency key is still under way")]
    InFlight,
    /// The start could not be recorded, so nothing was sent.
    #[error(transparent)]
    NotRecorded(AppendError),
    /// The request was made, but its end could not be recorded: whoever needs to know must ask the API.
    #[error("the request was made, but its end could not be recorded")]
    EndNotRecorded(#[source] AppendError),
    /// The database can't be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Latchkey is shutting down, or the work on the request ended unexpectedly.
    #[error("the request was abandoned")]
    Abandoned,
}
