//! The values of a secret that a token is asked for with, in order: the current one, and for a while after a rotation the one
//! before, in case that the issuer does not know the new one yet.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::token_endpoint::{Granted, Refusal, TokenEndpoint, TokenRequest};
use crate::crypto::KeyRing;
use crate::domain::Key;
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::event_log::{Conn, Database};
use crate::projections::secret_values::SecretValueError;
use crate::projections::{secret_values, secrets};

/// The values to try. A public client has one that is empty, of version 0.
pub struct SecretVersions {
    current: SecretVersion,
    previous: Option<SecretVersion>,
    /// Set when the current one is past its end.
    expired_at: Option<DateTime<Utc>>,
}

struct SecretVersion {
    version: u32,
    value: SecretString,
}

impl SecretVersions {
    /// Opens the values that may be tried at `now`.
    ///
    /// # Errors
    /// `SECRET_UNAVAILABLE` when the current one is missing or can't be unsealed.
    pub async fn open(
        database: &Database,
        keys: &Arc<KeyRing>,
        secret: Option<&Key>,
        now: DateTime<Utc>,
    ) -> Result<Self, AuthFailure> {
        let Some(secret) = secret.cloned() else {
            let nothing = SecretVersion { version: 0, value: SecretString::default() };
            return Ok(Self { current: nothing, previous: None, expired_at: None });
        };
        let keys = Arc::clone(keys);
        let opened = database.run(move |conn| Ok(Self::read(conn, &keys, &secret, now))).await;
        let unavailable = |error: &dyn std::fmt::Display| {
            AuthFailure::new(AuthPhase::Secret, AuthFailureReason::SecretUnavailable, error.to_string())
        };
        opened.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))
    }

    fn read(conn: &mut Conn<'_>, keys: &KeyRing, secret: &Key, now: DateTime<Utc>) -> Result<Self, SecretValueError> {
        let of = |(version, value): (u32, zeroize::Zeroizing<String>)| SecretVersion {
            version,
            value: SecretString::from(value.as_str()),
        };
        let current = of(secret_values::open(conn, keys, secret)?);
        // One that can't be opened any more must not stand in the way of the current one.
        let previous = secret_values::open_previous(conn, keys, secret, now).unwrap_or_else(|error| {
            tracing::warn!(%secret, %error, "the previous value of a secret can't be read");
            None
        });
        let expires_at = secrets::get(conn, secret)?.and_then(|view| view.expires_at);
        Ok(Self { current, previous: previous.map(of), expired_at: expires_at.filter(|at| *at <= now) })
    }

    /// The value to ask with first.
    pub fn current(&self) -> &SecretString {
        &self.current.value
    }

    /// Its version.
    pub fn current_version(&self) -> u32 {
        self.current.version
    }

    /// Asks with the current value, whatever `request` holds. Only when the issuer then says that it does not know the
    /// client by it, the previous one is tried: anything else is no sign that the other would be taken, and asking twice
    /// would double the load of an issuer that is failing.
    ///
    /// # Errors
    /// The failure of the current value, with the requests of both counted.
    pub async fn ask(&self, endpoint: &TokenEndpoint, request: TokenRequest<'_>) -> Result<(Granted, u32), Refusal> {
        let mut first = match endpoint.request(TokenRequest { secret: &self.current.value, ..request }).await {
            Ok(granted) => return Ok((granted, self.current.version)),
            Err(refusal) => refusal,
        };
        if !is_refused(&first.failure) {
            return Err(first);
        }
        first.failure.secret_expired_at = self.expired_at;
        let Some(previous) = &self.previous else { return Err(first) };
        match endpoint.request(TokenRequest { secret: &previous.value, ..request }).await {
            Ok(granted) => {
                let attempts = granted.attempts.saturating_add(first.failure.attempts);
                Ok((Granted { attempts, ..granted }, previous.version))
            }
            Err(second) => {
                first.failure.attempts = first.failure.attempts.saturating_add(second.failure.attempts);
                Err(first)
            }
        }
    }
}

/// Whether the issuer refuses the client: `invalid_client` (RFC 6749 §5.2), or 401 without words. What a failing server says
/// is not believed.
fn is_refused(failure: &AuthFailure) -> bool {
    failure.reason == AuthFailureReason::InvalidClient
        && failure.http_status.is_some_and(|status| (400..=499).contains(&status) || status == 200)
}
