//! One request to the token endpoint, in a task of its own: shared by whoever wants the same token.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::super::cache::{CachedToken, NewToken, TokenKey, TokenKeyParts};
use super::super::secret_versions::SecretVersions;
use super::super::token_endpoint::{Granted, Refusal, TokenRequest};
use super::{Inner, NoToken, TokenWish};
use crate::domain::definition::Parameter;
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::request::merge_parameters;
use crate::domain::token::{IssueReason, Issued, RequestFailed, TokenEvent};
use crate::event_log::{Position, Provenance};

/// Longest that a shared token request may take, its retries included. Each caller waits only as long as it has time.
const FLIGHT_MAX: Duration = Duration::from_mins(3);

/// What a flight brought.
#[derive(Clone)]
pub(super) struct Fetched {
    pub token: Arc<CachedToken>,
    pub origin: Origin,
}

/// Where a flight found a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// At the issuer, with the position of its event.
    Issuer(Position),
    /// In the cache, where another flight had just put it.
    Flight,
    /// Among the sealed tokens.
    Kept,
}

/// A token request that is to be made.
#[derive(Clone)]
pub(super) struct Errand {
    pub key: TokenKey,
    pub wish: TokenWish,
    pub parameters: Vec<Parameter>,
    /// Why, when that is not plain from the cache.
    pub reason: Option<IssueReason>,
    /// Version of the secret when it was sent out.
    pub secret_version: u32,
    /// Evictions of the connection when it was sent out.
    pub evictions: u64,
}

impl Errand {
    /// The same on nobody's behalf: part of the story of whoever met the token that is due, but not that one's doing.
    pub(super) fn in_background(self) -> Self {
        let Provenance { request_id, trace_id, correlation_id, causation_id, .. } = (*self.wish.provenance).clone();
        let provenance =
            Arc::new(Provenance { request_id, trace_id, causation_id, ..Provenance::system(correlation_id) });
        let wish = TokenWish { force_new: false, provenance, ..self.wish };
        Self { wish, reason: Some(IssueReason::Refresh), ..self }
    }
}

impl Inner {
    /// Says what is to be asked for.
    pub(super) fn errand(&self, wish: TokenWish, reason: Option<IssueReason>) -> Errand {
        let definition = &wish.active.definition;
        let parameters = merge_parameters(&definition.parameters, &wish.overrides);
        let secret = definition.authentication.secret();
        // A secret that is gone has no version; opening it says so, on the record.
        let secret_version = secret.and_then(|secret| self.directory.secret_version(secret)).unwrap_or_default();
        let key = TokenKey::new(TokenKeyParts {
            connection: &wish.connection,
            connection_version: wish.active.version,
            secret_version,
            parameters: &parameters,
        });
        let evictions = self.cache.evictions(&wish.connection);
        Errand { key, wish, parameters, reason, secret_version, evictions }
    }

    /// Makes one token request, unless somebody has just made it or a token was kept, and records what came of it.
    pub(super) async fn run(&self, errand: Errand, caches: bool) -> Result<Fetched, NoToken> {
        if caches && !errand.wish.force_new {
            if let Some(token) = self.cache.get(&errand.key) {
                return Ok(Fetched { token, origin: Origin::Flight });
            }
            if let Some(token) = self.kept(&errand).await {
                return Ok(Fetched { token, origin: Origin::Kept });
            }
        }
        let reason = errand.reason.unwrap_or(IssueReason::First);
        let started = self.clock.monotonic();
        match self.request(&errand, caches).await {
            Ok((granted, secret_version)) => {
                self.backoffs.succeeded(&errand.key);
                self.keep(errand, granted, (reason, secret_version, caches)).await
            }
            Err(Refusal { failure, retry_after, .. }) => {
                let duration_us = micros(self.clock.monotonic().saturating_sub(started));
                let backoff = self.backoffs.failed(&errand.key, &failure, retry_after);
                let event = TokenEvent::RequestFailed(RequestFailed {
                    connection_version: errand.wish.active.version,
                    reason,
                    failure: failure.clone(),
                    duration_us,
                    backoff_ms: backoff.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
                });
                let position = self.record(&errand.wish.connection, event, &errand.wish.provenance).await.ok();
                Err(NoToken { failure, position })
            }
        }
    }

    async fn request(&self, errand: &Errand, caches: bool) -> Result<(Granted, u32), Refusal> {
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
        granted: Granted,
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
        let refresh_skew_ms = errand.wish.active.definition.token_policy.refresh_skew_ms;
        let new = NewToken { token: granted.token, binding: granted.binding, fingerprint, refresh_skew_ms };
        let token = self.cache.date(&errand.key, new);
        // A token that the previous certificate is bound to can't be told from one of the current certificate later.
        let keeps = caches && secret_version == errand.secret_version;
        let keeping = if keeps { self.keeping(&errand, &token) } else { None };
        let (connection, provenance) = (&errand.wish.connection, &errand.wish.provenance);
        let Ok(position) = self.record_alongside(connection, event, (provenance, keeping)).await else {
            let message = "the event log could not record the token, so it was not used";
            let failure = AuthFailure::new(AuthPhase::Token, AuthFailureReason::ServerError, message);
            return Err(NoToken { failure, position: None });
        };
        if caches {
            self.cache.insert_unless_evicted(errand.key, &token, errand.evictions);
        }
        Ok(Fetched { token, origin: Origin::Issuer(position) })
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
