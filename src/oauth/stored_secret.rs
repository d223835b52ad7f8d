//! Opens a stored secret for a token request, and says in the words of an auth failure why it can't be had.

use std::sync::Arc;

use secrecy::SecretString;

use crate::crypto::KeyRing;
use crate::domain::Key;
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::event_log::EventLog;
use crate::projections::secret_values;

/// Reads and unseals a secret, together with its version.
///
/// # Errors
/// `SECRET_UNAVAILABLE`; no failure repeats the value.
pub(super) async fn open(
    log: &EventLog,
    keys: &Arc<KeyRing>,
    secret: &Key,
) -> Result<(u32, SecretString), AuthFailure> {
    let (keys, secret) = (Arc::clone(keys), secret.clone());
    let opened = log.database().run(move |conn| Ok(secret_values::open(conn, &keys, &secret))).await;
    let unavailable = |error: &dyn std::fmt::Display| {
        AuthFailure::new(AuthPhase::Secret, AuthFailureReason::SecretUnavailable, error.to_string())
    };
    let opened = opened.map_err(|error| unavailable(&error))?;
    let (version, value) = opened.map_err(|error| unavailable(&error))?;
    Ok((version, SecretString::from(value.as_str())))
}
