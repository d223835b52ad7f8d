//! `ConnectionWarning`: what works today and will not for long.

use async_graphql::{Context, Enum, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};

use super::errors::ApiError;
use super::scalars::KeyText;
use super::services::Services;
use crate::domain::Key;
use crate::domain::secret_warning::{self as domain, SecretFacts};
use crate::event_log::{Conn, DatabaseError};
use crate::projections::secrets::SecretView;
use crate::projections::{secret_uses, secrets};

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::WarningCode")]
pub enum ConnectionWarningCode {
    /// The secret is past its end. It is still tried: the issuer decides.
    SecretExpired,
    /// The secret ends soon.
    SecretExpiresSoon,
    /// The issuer did not take the current version of the secret, and took the one before.
    PreviousSecretInUse,
}

/// Something that works today and will not for long.
#[derive(Debug, Clone, SimpleObject)]
pub struct ConnectionWarning {
    /// What is the matter.
    code: ConnectionWarningCode,
    /// One or two sentences for a person.
    message: String,
    /// When it fails, or failed.
    at: DateTime<Utc>,
    /// Key of the secret that it is about.
    secret_key: KeyText,
}

/// The warnings about a secret, whichever connection uses it.
pub(super) async fn of_secret(ctx: &Context<'_>, view: SecretView) -> Result<Vec<ConnectionWarning>, ApiError> {
    warnings(ctx, move |conn| {
        let previous = match view.previous {
            Some(previous) if secret_uses::is_used(conn, &view.key, previous.version)? => Some(previous.until),
            Some(_) | None => None,
        };
        Ok(Some((view.key, SecretFacts { expires_at: view.expires_at, previous_in_use_until: previous })))
    })
    .await
}

/// The warnings about the secret of one connection; none for a public client.
pub(super) async fn of_connection(
    ctx: &Context<'_>,
    connection: Key,
    secret: Option<Key>,
) -> Result<Vec<ConnectionWarning>, ApiError> {
    let Some(secret) = secret else { return Ok(Vec::new()) };
    warnings(ctx, move |conn| {
        let Some(view) = secrets::get(conn, &secret)? else { return Ok(None) };
        let used = secret_uses::of_connection(conn, &connection)?;
        let previous = view.previous.filter(|previous| used == Some(previous.version)).map(|previous| previous.until);
        Ok(Some((secret, SecretFacts { expires_at: view.expires_at, previous_in_use_until: previous })))
    })
    .await
}

async fn warnings(
    ctx: &Context<'_>,
    read: impl FnOnce(&mut Conn<'_>) -> Result<Option<(Key, SecretFacts)>, DatabaseError> + Send + 'static,
) -> Result<Vec<ConnectionWarning>, ApiError> {
    let services = Services::of(ctx)?;
    let Some((secret, facts)) = services.read(read).await? else { return Ok(Vec::new()) };
    let soon = TimeDelta::from_std(services.expiry_warning).unwrap_or(TimeDelta::MAX);
    let found = facts.warnings(services.clock.now(), soon).into_iter();
    Ok(found
        .map(|domain::Warning { code, message, at }| ConnectionWarning {
            code: code.into(),
            message,
            at,
            secret_key: KeyText::from(&secret),
        })
        .collect())
}
