//! The way of a request: check, record its start, send it, record its end, answer.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::execution::{ExecuteError, Execution, SentRequest};
use super::recording::Recorder;
use super::run::{Plan, Run};
use crate::clock::{Clock, Ids};
use crate::crypto::KeyRing;
use crate::domain::connection::ActiveConnection;
use crate::domain::exchange::Started;
use crate::domain::request::{Authorization, HttpRequest};
use crate::domain::{FieldError, Key};
use crate::event_log::{EventLog, Provenance};
use crate::net::HttpClient;
use crate::oauth::TokenProvider;
use crate::projections::Directory;
use crate::projections::exchanges::{self, ExchangeView};

/// Executes requests. Cheap to clone.
#[derive(Clone)]
pub struct Executor {
    inner: Arc<Inner>,
}

struct Inner {
    log: EventLog,
    directory: Arc<Directory>,
    keys: Arc<KeyRing>,
    clock: Clock,
    ids: Ids,
    client: HttpClient,
    tokens: TokenProvider,
    tasks: TaskTracker,
    response_bytes_max: usize,
}

/// Everything that the executor needs from outside.
pub struct ExecutorSettings {
    /// Where exchanges are recorded.
    pub log: EventLog,
    /// Knows the connections.
    pub directory: Arc<Directory>,
    /// Fingerprints idempotency keys.
    pub keys: Arc<KeyRing>,
    /// Measures time.
    pub clock: Clock,
    /// Names exchanges and events.
    pub ids: Ids,
    /// Sends requests.
    pub client: HttpClient,
    /// Gives tokens.
    pub tokens: TokenProvider,
    /// Runs requests to their recorded end, whatever becomes of their callers.
    pub tasks: TaskTracker,
    /// Largest body of an answer, in bytes; what is beyond is cut off.
    pub response_bytes_max: usize,
}

impl Executor {
    /// An executor.
    pub fn new(settings: ExecutorSettings) -> Self {
        let ExecutorSettings { log, directory, keys, clock, ids, client, tokens, tasks, response_bytes_max } = settings;
        Self { inner: Arc::new(Inner { log, directory, keys, clock, ids, client, tokens, tasks, response_bytes_max }) }
    }

    /// Executes a request. It goes on to its recorded end even when the returned future is dropped.
    ///
    /// # Errors
    /// See [`ExecuteError`]. An auth failure or an API that can't be reached is no error but an outcome.
    pub async fn execute(&self, request: HttpRequest, provenance: Provenance) -> Result<Execution, ExecuteError> {
        let inner = Arc::clone(&self.inner);
        let task = self.inner.tasks.spawn(async move { inner.execute(request, provenance).await });
        task.await.unwrap_or(Err(ExecuteError::Abandoned))
    }
}

/// The connection that authorises a request.
pub(super) struct Authorizing {
    pub key: Key,
    pub active: Arc<ActiveConnection>,
}

impl Inner {
    async fn execute(&self, request: HttpRequest, provenance: Provenance) -> Result<Execution, ExecuteError> {
        let called_at = self.clock.monotonic();
        request.validate()?;
        let authorizing = self.authorizing(&request)?;
        self.client.policy().check_url(&request.url)?;
        let idempotency = request.idempotency_key.as_ref().map(|key| self.idempotency_fingerprint(key, &provenance));
        if let Some(fingerprint) = &idempotency
            && let Some(earlier) = self.earlier(fingerprint).await?
        {
            return replay(earlier, &request);
        }
        let started = started(&request, authorizing.as_ref(), idempotency);
        let recorder = Recorder::new(self.log.clone(), self.ids.clone());
        let recording = match recorder.start(started, provenance).await {
            Ok(recording) => recording,
            // The same key, sent twice at once: the other one was recorded first.
            Err(ExecuteError::InFlight) => return Err(ExecuteError::InFlight),
            Err(error) => return Err(error),
        };
        let queued = self.clock.monotonic().saturating_sub(called_at);
        let deadline = called_at.saturating_add(Duration::from_millis(request.timeout_ms));
        let sent = SentRequest { url: request.url.clone(), headers: request.headers.clone() };
        let plan = Plan {
            request,
            authorizing,
            provenance: recording.provenance(),
            called_at,
            deadline,
            response_bytes_max: self.response_bytes_max,
        };
        let finished = Run::new(&self.client, &self.tokens, &self.clock, plan).finish(queued).await;
        let (exchange, positions) = recording.end(finished.end, finished.positions).await?;
        Ok(Execution { exchange, request: Some(sent), answer: finished.answer, positions, replayed: false })
    }

    fn authorizing(&self, request: &HttpRequest) -> Result<Option<Authorizing>, ExecuteError> {
        let Authorization::ClientConnection { key, .. } = &request.authorization else { return Ok(None) };
        let Some(active) = self.directory.connection(key) else {
            return Err(ExecuteError::UnknownConnection(key.clone()));
        };
        if !Started::is_allowed_by(&active.definition, &request.url) {
            return Err(ExecuteError::HostNotAllowed { connection: key.clone(), host: request.url.authority() });
        }
        Ok(Some(Authorizing { key: key.clone(), active }))
    }

    fn idempotency_fingerprint(&self, key: &str, provenance: &Provenance) -> String {
        let named = format!("executeHttpRequest\n{}\n{key}", provenance.actor.id);
        self.keys.fingerprint("idempotency-key", named.as_bytes())
    }

    async fn earlier(&self, fingerprint: &str) -> Result<Option<ExchangeView>, ExecuteError> {
        let wanted = fingerprint.to_owned();
        Ok(self.log.database().run(move |conn| exchanges::find_by_idempotency(conn, &wanted)).await?)
    }
}

/// What an earlier call with the same idempotency key came to. Its answer was never kept, so it has no body.
fn replay(earlier: ExchangeView, request: &HttpRequest) -> Result<Execution, ExecuteError> {
    let same = earlier.started.method == request.method.name()
        && earlier.started.host == request.url.authority()
        && earlier.started.path == request.url.path();
    if !same {
        let message = "this idempotency key was used for another request";
        return Err(FieldError::at("idempotencyKey", "IDEMPOTENCY_KEY_REUSED", message).into());
    }
    let Some(end) = &earlier.end else { return Err(ExecuteError::InFlight) };
    let positions = vec![earlier.position, end.position];
    Ok(Execution { exchange: earlier, request: None, answer: None, positions, replayed: true })
}

fn started(request: &HttpRequest, authorizing: Option<&Authorizing>, idempotency: Option<String>) -> Started {
    Started {
        connection: authorizing.map(|authorizing| authorizing.key.clone()),
        connection_version: authorizing.map(|authorizing| authorizing.active.version),
        method: request.method.name().to_owned(),
        scheme: request.url.as_url().scheme().to_owned(),
        host: request.url.authority(),
        path: request.url.path().to_owned(),
        header_names: request.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect(),
        body_bytes: request.body.as_ref().map_or(0, |body| u64::try_from(body.len()).unwrap_or(u64::MAX)),
        idempotency_fingerprint: idempotency,
    }
}
