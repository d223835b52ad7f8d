//! The way of a request: check, record its start, send it, record its end, answer.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::attempts::Bounds;
use super::execution::{ExecuteError, Execution, SentRequest};
use super::kept_answers::KeptAnswers;
use super::recording::Recorder;
use super::retries::ATTEMPT_TIMEOUT;
use super::run::{Plan, Run};
use crate::clock::{Clock, Ids};
use crate::crypto::KeyRing;
use crate::domain::connection::ActiveConnection;
use crate::domain::exchange::Started;
use crate::domain::request::{Authorization, HttpRequest};
use crate::domain::{FieldError, Key, StreamId};
use crate::event_log::read::{self, PAGE_EVENTS_MAX};
use crate::event_log::{Conn, EventLog, Filter, Page, Provenance};
use crate::net::{ClientIdentity, HttpClient};
use crate::oauth::{RetryPolicy, TokenProvider};
use crate::projections::idempotency::Claim;
use crate::projections::{Directory, exchanges};
use crate::registry::idempotency::{self, Wish};

/// Executes requests. Cheap to clone.
#[derive(Clone)]
pub struct Executor {
    parts: Arc<ExecutorSettings>,
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
    /// How long the answer of a call with an idempotency key is kept for whoever asks again; zero keeps none.
    pub keep_answers: Duration,
    /// How long is waited before a request is sent again.
    pub retry_policy: RetryPolicy,
}

impl Executor {
    /// An executor.
    pub fn new(settings: ExecutorSettings) -> Self {
        Self { parts: Arc::new(settings) }
    }

    /// Executes a request. It goes on to its recorded end even when the returned future is dropped.
    ///
    /// # Errors
    /// See [`ExecuteError`]. An auth failure or an API that can't be reached is no error but an outcome.
    pub async fn execute(&self, request: HttpRequest, provenance: Provenance) -> Result<Execution, ExecuteError> {
        self.track(move |parts| async move { parts.execute(request, provenance).await }).await
    }

    /// Runs work to its end, whatever becomes of the caller.
    pub(super) async fn track<W>(
        &self,
        work: impl FnOnce(Arc<ExecutorSettings>) -> W,
    ) -> Result<Execution, ExecuteError>
    where
        W: Future<Output = Result<Execution, ExecuteError>> + Send + 'static,
    {
        let task = self.parts.tasks.spawn(work(Arc::clone(&self.parts)));
        task.await.unwrap_or(Err(ExecuteError::Abandoned))
    }
}

/// The connection that authorises a request.
pub(super) struct Authorizing {
    pub key: Key,
    pub active: Arc<ActiveConnection>,
}

/// A request that may be made.
pub(super) struct Admitted {
    pub request: HttpRequest,
    pub authorizing: Option<Authorizing>,
    /// Shown to an API that asks for a client certificate.
    pub identity: Option<ClientIdentity>,
}

/// A call that is about to be put on the record.
pub(super) struct Call {
    /// Id of its exchange.
    pub id: Uuid,
    /// On the monotonic clock.
    pub called_at: Duration,
    /// The idempotency key to claim together with the start.
    pub claim: Option<Claim>,
}

impl ExecutorSettings {
    async fn execute(&self, request: HttpRequest, provenance: Provenance) -> Result<Execution, ExecuteError> {
        let (called_at, id) = (self.clock.monotonic(), self.ids.next());
        request.validate()?;
        let sent = SentRequest { url: request.url.clone(), headers: request.headers.clone() };
        let claim = request.idempotency_key.as_ref().map(|key| self.claim(key, (id, &request), &provenance));
        // Before anything that may have changed since: what was done stays done when its connection is gone.
        if let Some(claim) = &claim
            && let Some(stream) = idempotency::earlier(&self.log, claim).await??
        {
            return self.replay(stream, Some(sent)).await;
        }
        let admitted = self.admit(request)?;
        self.make(admitted, Call { id, called_at, claim }, provenance).await
    }

    /// Finds who authorises a request that was validated, and whether it may go where it wants to.
    pub(super) fn admit(&self, request: HttpRequest) -> Result<Admitted, ExecuteError> {
        let authorizing = self.authorizing(&request)?;
        self.client.policy().check_url(&request.url)?;
        if authorizing.is_some() && !self.client.policy().may_carry_credentials(&request.url) {
            let message = "must start with https://, because the token travels there; an operator may open this host \
                           for http with `egress.allow`";
            return Err(FieldError::at("url", "INSECURE_URL", message).into());
        }
        Ok(Admitted { request, authorizing, identity: None })
    }

    /// Puts the start of an admitted request on the record, makes it, and puts its end on the record.
    pub(super) async fn make(
        &self,
        admitted: Admitted,
        call: Call,
        provenance: Provenance,
    ) -> Result<Execution, ExecuteError> {
        let Admitted { request, authorizing, identity } = admitted;
        let Call { id, called_at, claim } = call;
        let is_named = claim.is_some();
        let started = started(&request, authorizing.as_ref(), claim.as_ref());
        let recorder = Recorder { log: self.log.clone(), ids: self.ids.clone(), claim };
        let recording = recorder.start(id, started, provenance).await?;
        let queued = self.clock.monotonic().saturating_sub(called_at);
        let deadline = called_at.saturating_add(Duration::from_millis(request.timeout_ms));
        let attempt_timeout = if request.may_be_repeated() { ATTEMPT_TIMEOUT } else { Duration::MAX };
        let sent = SentRequest { url: request.url.clone(), headers: request.headers.clone() };
        let plan = Plan {
            request,
            authorizing,
            provenance: recording.provenance(),
            bounds: Bounds { called_at, deadline, attempt_timeout, response_bytes_max: self.response_bytes_max },
            identity,
            retry_policy: self.retry_policy,
        };
        let finished = Run::new(&self.client, &self.tokens, &self.clock, plan).finish(queued).await;
        let named_answer = finished.answer.as_ref().filter(|_| is_named);
        let keeping = named_answer.and_then(|answer| self.kept_answers().keeping(id, answer));
        let (exchange, positions) = recording.end(finished.end, finished.positions, keeping).await?;
        Ok(Execution { exchange, request: Some(sent), answer: finished.answer, positions, replayed: false })
    }

    fn kept_answers(&self) -> KeptAnswers {
        KeptAnswers { keys: Arc::clone(&self.keys), clock: self.clock.clone(), keep: self.keep_answers }
    }

    fn authorizing(&self, request: &HttpRequest) -> Result<Option<Authorizing>, ExecuteError> {
        let Authorization::ClientConnection { key, .. } = &request.authorization else { return Ok(None) };
        let Some(active) = self.directory.connection(key) else {
            return Err(ExecuteError::UnknownConnection(key.clone()));
        };
        if !active.definition.may_send_to(&request.url) {
            return Err(ExecuteError::HostNotAllowed { connection: key.clone(), host: request.url.authority() });
        }
        Ok(Some(Authorizing { key: key.clone(), active }))
    }

    /// Everything that makes it this request goes into the claim, keyed: a caller may have put a secret anywhere.
    fn claim(&self, key: &str, (id, request): (Uuid, &HttpRequest), provenance: &Provenance) -> Claim {
        let HttpRequest { method, url, headers, body, authorization, timeout_ms, follow_redirects, retry, .. } =
            request;
        let authorization = match authorization {
            Authorization::None => None,
            Authorization::ClientConnection { key, parameter_overrides, force_new_token } => {
                Some((key, parameter_overrides, force_new_token))
            }
        };
        let input = (method, url, headers, body, authorization, timeout_ms, follow_redirects, retry);
        // Plain values only, so this can't fail; if it did, the key would match nothing but itself.
        let input = serde_json::to_string(&input).unwrap_or_else(|_| id.to_string());
        let operation = "executeHttpRequest";
        let wish = Wish { operation, actor: &provenance.actor, key, input: &input, stream: StreamId::Exchange(id) };
        idempotency::claim_of(&self.keys, wish)
    }

    /// What an earlier call with the same idempotency key came to, with its answer as long as that is kept.
    pub(super) async fn replay(
        &self,
        stream: StreamId,
        request: Option<SentRequest>,
    ) -> Result<Execution, ExecuteError> {
        let StreamId::Exchange(id) = stream else { return Err(ExecuteError::Abandoned) };
        let now = self.clock.now();
        let read = move |conn: &mut Conn<'_>| {
            let story = Filter { correlation_id: Some(id), ..Filter::default() };
            let events = read::page(conn, Page::after(0, PAGE_EVENTS_MAX), &story)?;
            let positions = events.iter().map(|event| event.position).collect();
            Ok((exchanges::get(conn, id)?, positions, KeptAnswers::stored(conn, id, now)?))
        };
        let (exchange, positions, sealed) = self.log.database().run(read).await?;
        match exchange {
            Some(exchange) if exchange.end.is_some() => {
                let answer = sealed.and_then(|sealed| self.kept_answers().open(id, &sealed));
                Ok(Execution { exchange, request, answer, positions, replayed: true })
            }
            Some(_) | None => Err(ExecuteError::InFlight),
        }
    }
}

fn started(request: &HttpRequest, authorizing: Option<&Authorizing>, claim: Option<&Claim>) -> Started {
    Started {
        connection: authorizing.map(|authorizing| authorizing.key.clone()),
        connection_version: authorizing.map(|authorizing| authorizing.active.version),
        method: request.method.name().to_owned(),
        scheme: request.url.as_url().scheme().to_owned(),
        host: request.url.authority(),
        path: request.url.path().to_owned(),
        header_names: request.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect(),
        body_bytes: request.body.as_ref().map_or(0, |body| u64::try_from(body.len()).unwrap_or(u64::MAX)),
        idempotency_fingerprint: claim.map(|claim| claim.fingerprint.clone()),
        task: request.task.clone(),
        streamed: false,
    }
}
