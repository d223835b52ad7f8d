//! Passes an HTTP request through to a connection's API, with the connection's token, and the answer back: both bodies as
//! they come, never collected.
//!
//! Deliberately absent: following redirects, repeating (but for a refused token, when there is no body), decoding, and
//! claims of idempotency keys: those headers are between the caller and the API.

mod body;
mod error;
mod headers;
mod passage;
mod target;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::passage::{Passage, Plan};
use super::executor::Authorizing;
use crate::clock::{Clock, Ids};
use crate::domain::{HttpUrl, Key};
use crate::event_log::{EventLog, Provenance};
use crate::net::header::HeaderMap;
use crate::net::{HttpClient, Method, RequestBody};
use crate::oauth::TokenProvider;
use crate::projections::Directory;

pub use self::body::{BrokenOff, ForwardedBody};
pub use self::error::{Failure, ForwardError};
pub use self::headers::{REQUEST_HEADER_BYTES_MAX, REQUEST_HEADERS_MAX};
pub use self::target::PathProblem;

/// Forwards requests. Cheap to clone.
#[derive(Clone)]
pub struct Forwarder {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ForwarderSettings,
    /// Requests that may still begin.
    room: Arc<Semaphore>,
}

/// Everything that the forwarder needs from outside.
pub struct ForwarderSettings {
    /// Where exchanges are recorded.
    pub log: EventLog,
    /// Knows the connections.
    pub directory: Arc<Directory>,
    /// Measures time.
    pub clock: Clock,
    /// Names exchanges and events.
    pub ids: Ids,
    /// Sends requests.
    pub client: HttpClient,
    /// Gives tokens.
    pub tokens: TokenProvider,
    /// Runs exchanges to their recorded end, whatever becomes of their callers.
    pub tasks: TaskTracker,
    /// The application's runtime: exchanges run here, because that of a caller's connection may end before them.
    pub runtime: Handle,
    /// What bounds them.
    pub limits: ForwardLimits,
}

/// What bounds forwarded requests. The length of a body is not bounded, nor is the time that it takes as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardLimits {
    /// Exchanges at the same time.
    pub concurrent_max: usize,
    /// For a token, and again from the last byte of the request to the head of the answer.
    pub response_timeout: Duration,
    /// Longest pause of a body in either direction, whoever makes it.
    pub idle_timeout: Duration,
}

/// A request to be forwarded.
pub struct ForwardRequest {
    /// Whose base URL and token.
    pub connection: Key,
    /// Any but `CONNECT` and `TRACE`.
    pub method: Method,
    /// What goes behind the base URL's path, as it came on the wire: empty or beginning with `/`.
    pub path: String,
    /// As it came on the wire, without the `?`.
    pub query: Option<String>,
    /// As the caller sent them.
    pub headers: HeaderMap,
    /// The body; `None` only when there is none at all, so that the request can be sent once more.
    pub body: Option<ForwardBody>,
}

/// A request's body on its way.
pub struct ForwardBody {
    /// The bytes.
    pub stream: RequestBody,
    /// As announced, in bytes.
    pub length: Option<u64>,
}

/// An answer of the API.
#[derive(Debug)]
pub struct Forwarded {
    /// Id of the exchange on the log.
    pub exchange: Uuid,
    /// Status.
    pub status: u16,
    /// Those that may pass, and no `Content-Length`.
    pub headers: HeaderMap,
    /// As the API announced it, in bytes. The answer to `HEAD` announces what it does not bring.
    pub length: Option<u64>,
    /// The body.
    pub body: ForwardedBody,
}

impl Forwarder {
    /// A forwarder.
    pub fn new(settings: ForwarderSettings) -> Self {
        let room = Arc::new(Semaphore::new(settings.limits.concurrent_max.min(Semaphore::MAX_PERMITS)));
        Self { inner: Arc::new(Inner { settings, room }) }
    }

    /// Forwards a request, and returns with the head of the answer. Dropping the future, or later the body, gives the
    /// exchange up: the API's connection is closed, and the end is recorded all the same.
    ///
    /// # Errors
    /// See [`ForwardError`].
    pub async fn forward(&self, request: ForwardRequest, provenance: Provenance) -> Result<Forwarded, ForwardError> {
        let settings = &self.inner.settings;
        let plan = settings.plan(request)?;
        let Ok(permit) = Arc::clone(&self.inner.room).try_acquire_owned() else { return Err(ForwardError::TooMany) };
        let (reply, answer) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        let work = async move {
            Passage::new(&inner.settings, plan).run(provenance, reply).await;
            drop(permit);
        };
        settings.tasks.spawn_on(work, &settings.runtime);
        answer.await.unwrap_or(Err(ForwardError::Abandoned))
    }
}

impl ForwarderSettings {
    /// Judges everything that can be judged before anything is recorded.
    fn plan(&self, request: ForwardRequest) -> Result<Plan, ForwardError> {
        let called_at = self.clock.monotonic();
        let ForwardRequest { connection: key, method, path, query, headers, body } = request;
        // A tunnel has no path, and the answer to TRACE would repeat the token (RFC 9110 §9.3.6, §9.3.8).
        if matches!(method, Method::CONNECT | Method::TRACE) {
            return Err(ForwardError::MethodNotAllowed);
        }
        if !headers::fit(&headers) {
            return Err(ForwardError::HeadersTooLarge);
        }
        let Some(active) = self.directory.connection(&key) else { return Err(ForwardError::UnknownConnection(key)) };
        let Some(base) = &active.definition.base_url else { return Err(ForwardError::NoBaseUrl(key)) };
        let url = target::join(base, &path, query.as_deref())?;
        self.check(&url)?;
        // The base URL's own host is always meant; a rule that says otherwise one day is to be heard here, too.
        if !active.definition.may_send_to(&url) {
            return Err(PathProblem::NotBelowBase.into());
        }
        let headers = headers::of_request(&headers);
        Ok(Plan { authorizing: Authorizing { key, active }, method, url, headers, body, called_at })
    }

    fn check(&self, url: &HttpUrl) -> Result<(), ForwardError> {
        self.client.policy().check_url(url)?;
        if self.client.policy().may_carry_credentials(url) { Ok(()) } else { Err(ForwardError::InsecureBaseUrl) }
    }
}
