//! One request to the token endpoint, in a task of its own: shared by whoever wants the same token.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::super::cache::{CachedToken, NewToken, TokenKey};
use super::super::token_endpoint::{Granted, TokenRequest};
use super::{Inner, NoToken, TokenWish};
use crate::domain::Key;
use crate::domain::definition::Parameter;
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::token::{IssueReason, Issued, RequestFailed, TokenEvent};
use crate::event_log::Position;
use crate::projections::secret_values;

/// Longest that a shared token request may take, its retries included. Each caller waits only as long as it has time.
const FLIGHT_MAX: Duration = Duration::from_mins(3);

/// What a flight brought.
#[derive(Clone)]
pub(super) struct Fetched {
    pub token: Arc<CachedToken>,
    /// Position of its event; `None` when another flight had brought it.
    pub position: Option<Position>,
}

/// A token request that is to be made.
pub(super) struct Errand {
    pub key: TokenKey,
    pub wish: TokenWish,
    pub parameters: Vec<Parameter>,
    /// Why, when that is not plain from the cache.
    pub reason: Option<IssueReason>,
    /// Evictions of the connection when it was sent out.
    pub evictions: u64,
}

impl Inner {
    /// Makes one token request, unless somebody has just made it, and records what came of it.
    pub(super) async fn run(&self, errand: Errand, caches: bool) -> Result<Fetched, NoToken> {
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

    async fn request(&self, errand: &Errand, caches: bool) -> Result<(Granted, u32), AuthFailure> {
        let definition = &errand.wish.active.definition;
        let (secret_version, secret) = match definition.authentication.secret() {
            Some(secret) => self.open(secret.clone()).await?,
            None => (0, SecretString::default()),
        };
        let request = TokenRequest {
            definition,
            secret: &secret,
            parameters: &errand.parameters,
            // Others may be waiting who have more time than the one who came first.
            deadline: if caches { self.clock.monotonic().saturating_add(FLIGHT_MAX) } else { errand.wish.deadline },
        };
        Ok((self.endpoint.request(request).await?, secret_version))
    }

    async fn open(&self, secret: Key) -> Result<(u32, SecretString), AuthFailure> {
        let keys = Arc::clone(&self.keys);
        let opened = self.log.database().run(move |conn| Ok(secret_values::open(conn, &keys, &secret))).await;
        let unavailable = |error: &dyn std::fmt::Display| {
            AuthFailure::new(AuthPhase::Secret, AuthFailureReason::SecretUnavailable, error.to_string())
        };
        let opened = opened.map_err(|error| unavailable(&error))?;
        let (version, value) = opened.map_err(|error| unavailable(&error))?;
        Ok((version, SecretString::from(value.as_str())))
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
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
