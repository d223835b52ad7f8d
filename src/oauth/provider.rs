//! Gives out tokens: from the cache, from a request that is under way already, or from a new one. Each new token and
//! each failure is on the log before anyone sees it.

mod flight;
mod keeping;
mod recording;
mod using;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use self::flight::{Errand, Fetched, Origin};
use super::backoff::{BackoffPolicy, Backoffs};
use super::cache::{CachedToken, TokenCache, TokenKey};
use super::dpop_nonce::DpopNonces;
use super::refusals::Refusals;
use super::single_flight::{FlightLost, Joined, SingleFlight};
use super::token_endpoint::TokenEndpoint;
use crate::clock::{Clock, Ids};
use crate::crypto::KeyRing;
use crate::domain::Key;
use crate::domain::connection::ActiveConnection;
use crate::domain::definition::Parameter;
use crate::domain::exchange::TokenSource;
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::token::{Evicted, IssueReason, Rejected, TokenEvent};
use crate::event_log::{AppendError, EventLog, Position, Provenance};
use crate::net::HttpClient;
use crate::projections::Directory;

/// Longest that a person who insists waits for a token.
const RETRY_NOW_MAX: Duration = Duration::from_mins(1);

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
    backoffs: Backoffs,
    keep_sealed: bool,
    api_nonces: DpopNonces,
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
    /// How long requests are held back after failures.
    pub backoff: BackoffPolicy,
    /// Whether tokens are kept sealed in the database, so that they outlive a restart.
    pub keep_sealed: bool,
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

impl TokenProvider {
    /// A provider with an empty cache.
    pub fn new(settings: ProviderSettings) -> Self {
        let ProviderSettings { log, directory, keys, clock, ids, client, tasks, .. } = settings;
        let endpoint =
            TokenEndpoint::new(client, clock.clone(), ids.clone()).with_default_lifetime(settings.default_lifetime);
        let cache = TokenCache::new(clock.clone());
        let backoffs = Backoffs::new(clock.clone(), settings.backoff);
        let (stale, outdated) = (cache.clone(), backoffs.clone());
        directory.on_stale_tokens(move |connection| {
            stale.drop_connection(connection);
            outdated.forget(connection);
        });
        let (refusals, flights) = (Refusals::new(clock.clone()), SingleFlight::new(tasks.clone()));
        let keep_sealed = settings.keep_sealed;
        let inner = Inner {
            log,
            directory,
            keys,
            clock,
            ids,
            endpoint,
            cache,
            refusals,
            backoffs,
            keep_sealed,
            api_nonces: DpopNonces::default(),
            flights,
            tasks,
        };
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
        let errand = self.inner.errand(wish, reason);
        let (key, caches) = (errand.key.clone(), errand.wish.active.definition.token_policy.cache);
        if caches
            && !errand.wish.force_new
            && let Some(token) = self.inner.cache.get_due(&key)
        {
            self.refresh_if_due(&token, errand);
            return Ok(Held { token, source: TokenSource::Cache, position: None, key });
        }
        let waiting = errand.clone();
        let left = errand.wish.deadline.saturating_sub(self.inner.clock.monotonic());
        if let Ok(fetched) = tokio::time::timeout(left, self.fetch(errand, caches)).await {
            let held = fetched?;
            // One that was kept beyond a restart may be due already.
            if held.source == TokenSource::Cache {
                self.refresh_if_due(&held.token, waiting);
            }
            return Ok(held);
        }
        // The request goes on, for those who have more time.
        let message = "no token came before the request's time was up";
        let failure = AuthFailure::new(AuthPhase::Request, AuthFailureReason::Timeout, message);
        Err(self.inner.give_up(&waiting.wish, reason, failure).await)
    }

    /// Fetches a token in a task of its own, shared with whoever wants the same one; or answers with the last failure
    /// while requests are held back.
    async fn fetch(&self, errand: Errand, caches: bool) -> Result<Held, NoToken> {
        let inner = Arc::clone(&self.inner);
        let (key, forced) = (errand.key.clone(), errand.wish.force_new);
        let held_back = || if forced { None } else { self.inner.backoffs.held(&key) };
        // Told to each caller on the record of its own exchange; an event for each would only drown the failure itself.
        let not_asked = |failure| NoToken { failure, position: None };
        let lost = || {
            let message = "the token request was broken off";
            not_asked(AuthFailure::new(AuthPhase::Request, AuthFailureReason::ServerError, message))
        };
        let (landed, joined) = if caches {
            let make = move || async move { inner.run(errand, true).await };
            self.inner.flights.run_unless(key.clone(), held_back, make).await.map_err(not_asked)?
        } else {
            if let Some(failure) = held_back() {
                return Err(not_asked(failure));
            }
            let task = self.inner.tasks.spawn(async move { inner.run(errand, false).await });
            (task.await.map_err(|_| FlightLost), Joined::Led)
        };
        let is_own = joined == Joined::Led;
        match landed.map_err(|_| lost()).flatten() {
            Ok(Fetched { token, origin }) => {
                let (source, position) = match origin {
                    Origin::Issuer(position) if is_own => (TokenSource::Fetched, Some(position)),
                    Origin::Issuer(_) | Origin::Flight => (TokenSource::SharedInFlight, None),
                    Origin::Kept => (TokenSource::Cache, None),
                };
                Ok(Held { token, source, position, key })
            }
            Err(NoToken { failure, position }) => Err(NoToken { failure, position: position.filter(|_| is_own) }),
        }
    }

    /// Has a token that is due refreshed in the background, once for all who meet it, while it serves on.
    ///
    /// Nothing else starts a refresh: a token that nobody uses is left to end.
    fn refresh_if_due(&self, token: &CachedToken, errand: Errand) {
        let Inner { clock, cache, backoffs, flights, .. } = &*self.inner;
        if !errand.wish.active.definition.token_policy.cache || !token.is_due(clock) {
            return;
        }
        let (inner, key) = (Arc::clone(&self.inner), errand.key.clone());
        let needless = || (cache.get(&key).is_some() || backoffs.held(&key).is_some()).then_some(());
        flights.start_unless(
            key.clone(),
            needless,
            move || async move { inner.run(errand.in_background(), true).await },
        );
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

    /// Drops a token that an API refused, if the cache still holds that very one, for a request that can't be made once
    /// more; and records it.
    pub async fn discard(&self, refused: &Held, wish: &TokenWish, status: u16) -> Option<Position> {
        self.inner.cache.invalidate_if(&refused.key, &refused.token.fingerprint);
        let message = format!(
            "the API refused the token with status {status}; the request's body can't be sent once more, the next \
             request gets another token"
        );
        let failure = rejection(message, (status, 1));
        self.rejected(wish, refused, (false, failure)).await
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

    /// Asks for a token with the connection's own parameters, held back or not: for a person who insists. `None` when there
    /// is no such connection.
    ///
    /// # Errors
    /// [`NoToken`], as for [`TokenProvider::token`].
    pub async fn retry_now(&self, connection: &Key, provenance: Provenance) -> Option<Result<Held, NoToken>> {
        let active = self.inner.directory.connection(connection)?;
        let wish = TokenWish {
            connection: connection.clone(),
            active,
            overrides: Vec::new(),
            force_new: true,
            deadline: self.inner.clock.monotonic().saturating_add(RETRY_NOW_MAX),
            provenance: Arc::new(provenance),
        };
        Some(self.token(wish).await)
    }

    /// Records that an API refused a token: its status, whether that is conclusive (then it is an auth failure), and how
    /// many requests were made with tokens.
    pub async fn record_refusal(&self, wish: &TokenWish, held: &Held, refusal: (u16, bool, u32)) -> Option<Position> {
        let (status, conclusive, attempts) = refusal;
        let message = if conclusive {
            format!("the API refused the token with status {status}, a fresh one as well")
        } else {
            format!("the API refused the token with status {status}; trying again with a fresh one")
        };
        self.rejected(wish, held, (conclusive, rejection(message, (status, attempts)))).await
    }

    async fn rejected(&self, wish: &TokenWish, held: &Held, found: (bool, AuthFailure)) -> Option<Position> {
        let (conclusive, failure) = found;
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

/// That an API refused a token: with which status, after how many requests.
fn rejection(message: String, (status, attempts): (u16, u32)) -> AuthFailure {
    AuthFailure {
        http_status: Some(status),
        attempts,
        ..AuthFailure::new(AuthPhase::Resource, AuthFailureReason::TokenRejected, message)
    }
}
