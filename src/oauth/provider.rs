//! Gives out tokens: from the cache, from a request that is under way already, or from a new one. Each new token and
//! each failure is on the log before anyone sees it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio_util::task::TaskTracker;

use super::cache::{CachedToken, NewToken, TokenCache, TokenKey, TokenKeyParts};
use super::refusals::Refusals;
use super::secret_versions::SecretVersions;
use super::single_flight::{FlightLost, Joined, SingleFlight};
use super::token_endpoint::{TokenEndpoint, TokenRequest};
use crate::clock::{Clock, Ids};
use crate::crypto::KeyRing;
use crate::domain::connection::ActiveConnection;
use crate::domain::definition::Parameter;
use crate::domain::exchange::TokenSource;
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::request::merge_parameters;
use crate::domain::token::{Evicted, IssueReason, Issued, Rejected, RequestFailed, TokenEvent};
use crate::domain::{Key, StreamId};
use crate::event_log::{Append, AppendError, EventLog, Expected, NewEvent, Position, Provenance};
use crate::net::HttpClient;
use crate::projections::Directory;

/// Longest that a shared token request may take, its retries included. Each caller waits only as long as it has time.
const FLIGHT_MAX: Duration = Duration::from_mins(3);

/// Gives out tokens. Cheap to clone.
#[derive(Clone)]
pub struct TokenProvider {
    inner: Arc<Inner>,
}

struct Inner {
    log: EventLog,
    directory: Arc<Directory>,
    keys: Arc<KeyRing>,
    clock: Clock,
    ids: Ids,
    endpoint: TokenEndpoint,
    cache: TokenCache,
    refusals: Refusals,
    flights: SingleFlight<TokenKey, Result<Fetched, NoToken>>,
    tasks: TaskTracker,
}

/// Everything that the provider needs from outside.
pub struct ProviderSettings {
    /// Where tokens and failures are recorded.
    pub log: EventLog,
    /// Knows the versions of secrets.
    pub directory: Arc<Directory>,
    /// Opens secrets, fingerprints tokens.
    pub keys: Arc<KeyRing>,
    /// Retires tokens.
    pub clock: Clock,
    /// Names events and assertions.
    pub ids: Ids,
    /// Sends token requests.
    pub client: HttpClient,
    /// Runs token requests, so that a shutdown can wait for them.
    pub tasks: TaskTracker,
    /// Life of a token whose answer does not say it.
    pub default_lifetime: Duration,
}

/// What a token is wanted for.
#[derive(Clone)]
pub struct TokenWish {
    /// Key of the connection.
    pub connection: Key,
    /// The connection.
    pub active: Arc<ActiveConnection>,
    /// Merged over the connection's parameters.
    pub overrides: Vec<Parameter>,
    /// Whether a cached token must not be used.
    pub force_new: bool,
    /// When the token must be there, on [`Clock::monotonic`].
    pub deadline: Duration,
    /// For the events of a new token.
    pub provenance: Arc<Provenance>,
}

/// A token to use.
#[derive(Clone)]
pub struct Held {
    /// The token.
    pub token: Arc<CachedToken>,
    /// Where it came from.
    pub source: TokenSource,
    /// Position of its event, when it was fetched for this very wish.
    pub position: Option<Position>,
    key: TokenKey,
}

/// There is no token.
#[derive(Debug, Clone)]
pub struct NoToken {
    /// Why.
    pub failure: AuthFailure,
    /// Position of its event; `None` when it could not be recorded.
    pub position: Option<Position>,
}

#[derive(Clone)]
struct Fetched {
    token: Arc<CachedToken>,
    position: Option<Position>,
}

/// A token request that is to be made.
struct Errand {
    key: TokenKey,
    wish: TokenWish,
    parameters: Vec<Parameter>,
    /// Why, when that is not plain from the cache.
    reason: Option<IssueReason>,
    /// Evictions of the connection when it was sent out.
    evictions: u64,
}

impl TokenProvider {
    /// A provider with an empty cache.
    pub fn new(settings: ProviderSettings) -> Self {
        let ProviderSettings { log, directory, keys, clock, ids, client, tasks, default_lifetime } = settings;
        let endpoint = TokenEndpoint::new(client, clock.clone(), ids.clone()).with_default_lifetime(default_lifetime);
        let cache = TokenCache::new(clock.clone());
        let (refusals, flights) = (Refusals::new(clock.clone()), SingleFlight::new(tasks.clone()));
        let inner = Inner { log, directory, keys, clock, ids, endpoint, cache, refusals, flights, tasks };
        Self { inner: Arc::new(inner) }
    }

    /// Gives a token.
    ///
    /// # Errors
    /// [`NoToken`]; every caller that waited for the same request gets the same one.
    pub async fn token(&self, wish: TokenWish) -> Result<Held, NoToken> {
        let reason = wish.force_new.then_some(IssueReason::Forced);
        self.obtain(wish, reason).await
    }

    async fn obtain(&self, wish: TokenWish, reason: Option<IssueReason>) -> Result<Held, NoToken> {
        if !wish.active.enabled {
            let message = "the connection is disabled";
            let failure = AuthFailure::new(AuthPhase::Secret, AuthFailureReason::ConnectionDisabled, message);
            return Err(self.inner.give_up(&wish, reason, failure).await);
        }
        let parameters = merge_parameters(&wish.active.definition.parameters, &wish.overrides);
        let secret = wish.active.definition.authentication.secret();
        // A secret that is gone has no version; opening it says so, on the record.
        let secret_version = secret.and_then(|secret| self.inner.directory.secret_version(secret)).unwrap_or_default();
        let key = TokenKey::new(TokenKeyParts {
            connection: &wish.connection,
            connection_version: wish.active.version,
            secret_version,
            parameters: &parameters,
        });
        let policy = &wish.active.definition.token_policy;
        if policy.cache
            && !wish.force_new
            && let Some(token) = self.inner.cache.get(&key)
        {
            return Ok(Held { token, source: TokenSource::Cache, position: None, key });
        }
        let (caches, waiting) = (policy.cache, wish.clone());
        let evictions = self.inner.cache.evictions(&wish.connection);
        let errand = Errand { key, wish, parameters, reason, evictions };
        let left = waiting.deadline.saturating_sub(self.inner.clock.monotonic());
        if let Ok(fetched) = tokio::time::timeout(left, self.fetch(errand, caches)).await {
            return fetched;
        }
        // The request goes on, for those who have more time.
        let message = "no token came before the request's time was up";
        let failure = AuthFailure::new(AuthPhase::Request, AuthFailureReason::Timeout, message);
        Err(self.inner.give_up(&waiting, reason, failure).await)
    }

    /// Fetches a token in a task of its own, shared with whoever wants the same one.
    async fn fetch(&self, errand: Errand, caches: bool) -> Result<Held, NoToken> {
        let inner = Arc::clone(&self.inner);
        let key = errand.key.clone();
        let lost = || NoToken {
            failure: AuthFailure::new(
                AuthPhase::Request,
                AuthFailureReason::ServerError,
                "the token request was broken off",
            ),
            position: None,
        };
        let (landed, joined) = if caches {
            self.inner.flights.run(key.clone(), move || async move { inner.run(errand, true).await }).await
        } else {
            let task = self.inner.tasks.spawn(async move { inner.run(errand, false).await });
            (task.await.map_err(|_| FlightLost), Joined::Led)
        };
        let landed = landed.map_err(|_| lost()).flatten();
        let (source, own) = match joined {
            Joined::Led => (TokenSource::Fetched, true),
            Joined::Shared => (TokenSource::SharedInFlight, false),
        };
        match landed {
            // The flight found what another one had just put into the cache.
            Ok(Fetched { token, position: None }) if own => {
                Ok(Held { token, source: TokenSource::SharedInFlight, position: None, key })
            }
            Ok(Fetched { token, position }) => Ok(Held { token, source, position: position.filter(|_| own), key }),
            Err(NoToken { failure, position }) => Err(NoToken { failure, position: position.filter(|_| own) }),
        }
    }

    /// Drops a token that an API refused, if the cache still holds that very one, and gives another.
    ///
    /// Of many requests whose token was refused together, one asks for the next token; the others share it.
    ///
    /// # Errors
    /// [`NoToken`], as for [`TokenProvider::token`].
    pub async fn replace(&self, refused: &Held, wish: TokenWish) -> Result<Held, NoToken> {
        self.inner.cache.invalidate_if(&refused.key, &refused.token.fingerprint);
        let wish = TokenWish { force_new: false, ..wish };
        let held = self.obtain(wish, Some(IssueReason::Rejected)).await?;
        Ok(Held { source: TokenSource::RefreshedAfterRejection, ..held })
    }

    /// Whether this very token was fetched anew for this host a short while ago and refused there all the same, so that
    /// another one would not help.
    pub fn is_refused_even_fresh(&self, held: &Held, host: &str) -> bool {
        self.inner.refusals.remembers(host, &held.token.fingerprint)
    }

    /// Remembers for a while that a host refuses even a fresh token, so that a wrong audience does not double the
    /// traffic. Other hosts, and other tokens, are not judged by it.
    pub fn remember_refusal(&self, held: &Held, host: &str) {
        self.inner.refusals.remember(host, &held.token.fingerprint);
    }

    /// Records that an API refused a token; a conclusive refusal is an auth failure.
    pub async fn record_refusal(&self, wish: &TokenWish, held: &Held, refusal: (u16, bool)) -> Option<Position> {
        let (status, conclusive) = refusal;
        let message = if conclusive {
            format!("the API refused the token with status {status}, a fresh one as well")
        } else {
            format!("the API refused the token with status {status}; trying again with a fresh one")
        };
        let failure = AuthFailure {
            http_status: Some(status),
            ..AuthFailure::new(AuthPhase::Resource, AuthFailureReason::TokenRejected, message)
        };
        let event = TokenEvent::Rejected(Rejected {
            connection_version: wish.active.version,
            fingerprint: held.token.fingerprint.clone(),
            conclusive,
            failure,
        });
        self.inner.record(&wish.connection, event, &wish.provenance).await.ok()
    }

    /// Drops every cached token of a connection, and says so on the log.
    ///
    /// # Errors
    /// It could not be recorded; the tokens are dropped all the same.
    pub async fn evict(
        &self,
        connection: &Key,
        reason: Option<String>,
        provenance: Provenance,
    ) -> Result<Position, AppendError> {
        let fingerprints = self.inner.cache.drop_connection(connection);
        let event = TokenEvent::Evicted(Evicted { fingerprints, reason });
        self.inner.record(connection, event, &Arc::new(provenance)).await
    }
}

impl Inner {
    /// Makes one token request, unless somebody has just made it, and records what came of it.
    async fn run(&self, errand: Errand, caches: bool) -> Result<Fetched, NoToken> {
        if caches
            && !errand.wish.force_new
            && let Some(token) = self.cache.get(&errand.key)
        {
            return Ok(Fetched { token, position: None });
        }
        let reason = errand.reason.unwrap_or_else(|| match self.cache.get_due(&errand.key) {
            Some(_) => IssueReason::Refresh,
            None => IssueReason::First,
        });
        let started = self.clock.monotonic();
        match self.request(&errand, caches).await {
            Ok((granted, secret_version)) => self.keep(errand, granted, (reason, secret_version, caches)).await,
            Err(failure) => {
                let duration_us = micros(self.clock.monotonic().saturating_sub(started));
                let connection_version = errand.wish.active.version;
                let failed = RequestFailed { connection_version, reason, failure: failure.clone(), duration_us };
                let event = TokenEvent::RequestFailed(failed);
                let position = self.record(&errand.wish.connection, event, &errand.wish.provenance).await.ok();
                Err(NoToken { failure, position })
            }
        }
    }

    async fn request(&self, errand: &Errand, caches: bool) -> Result<(super::Granted, u32), AuthFailure> {
        let definition = &errand.wish.active.definition;
        let secret = definition.authentication.secret();
        let versions = SecretVersions::open(self.log.database(), &self.keys, secret, self.clock.now()).await?;
        let request = TokenRequest {
            definition,
            secret: versions.current(),
            parameters: &errand.parameters,
            // Others may be waiting who have more time than the one who came first.
            deadline: if caches { self.clock.monotonic().saturating_add(FLIGHT_MAX) } else { errand.wish.deadline },
        };
        versions.ask(&self.endpoint, request).await
    }

    /// Records a new token, then keeps it. A token that can't be put on the record is not used.
    async fn keep(
        &self,
        errand: Errand,
        granted: super::Granted,
        (reason, secret_version, caches): (IssueReason, u32, bool),
    ) -> Result<Fetched, NoToken> {
        let fingerprint = self.keys.fingerprint("access-token", granted.token.value.expose_secret().as_bytes());
        let event = TokenEvent::Issued(Issued {
            connection_version: errand.wish.active.version,
            secret_version,
            fingerprint: fingerprint.clone(),
            lifetime_ms: granted.token.lifetime_ms,
            scope: granted.token.scope.clone(),
            token_type: granted.token.token_type.clone(),
            reason,
            attempts: granted.attempts,
            duration_us: micros(granted.duration),
        });
        let Ok(position) = self.record(&errand.wish.connection, event, &errand.wish.provenance).await else {
            let message = "the event log could not record the token, so it was not used";
            let failure = AuthFailure::new(AuthPhase::Token, AuthFailureReason::ServerError, message);
            return Err(NoToken { failure, position: None });
        };
        let refresh_skew_ms = errand.wish.active.definition.token_policy.refresh_skew_ms;
        let new = NewToken { token: granted.token, fingerprint, refresh_skew_ms };
        let token = if caches {
            self.cache.insert_unless_evicted(errand.key, new, errand.evictions)
        } else {
            self.cache.without_keeping(new)
        };
        Ok(Fetched { token, position: Some(position) })
    }

    /// Puts on the record that there is no token although none was asked for: the caller is told so, and so must
    /// whoever watches failures be.
    async fn give_up(&self, wish: &TokenWish, reason: Option<IssueReason>, failure: AuthFailure) -> NoToken {
        let failed = RequestFailed {
            connection_version: wish.active.version,
            reason: reason.unwrap_or(IssueReason::First),
            failure: failure.clone(),
            duration_us: 0,
        };
        let recorded = self.record(&wish.connection, TokenEvent::RequestFailed(failed), &wish.provenance).await;
        NoToken { failure, position: recorded.ok() }
    }

    async fn record(
        &self,
        connection: &Key,
        event: TokenEvent,
        provenance: &Arc<Provenance>,
    ) -> Result<Position, AppendError> {
        let append = Append {
            stream: StreamId::Token(connection.clone()),
            expected: Expected::Any,
            events: vec![NewEvent { id: self.ids.next(), event: event.into() }],
            provenance: Arc::clone(provenance),
            alongside: None,
        };
        let appended = self.log.append(append).await.inspect_err(|error| {
            tracing::error!(%connection, %error, "a token event could not be recorded");
        })?;
        appended.positions().first().copied().ok_or(AppendError::Closed)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
