//! `evictAccessToken`.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::connection::{self, ConnectionProfile};
use super::super::errors::{ApiError, Fallible};
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::KeyText;
use super::super::services::Services;
use super::super::user_errors::UserError;
use super::Done;
use crate::domain::connection::REASON_LENGTH_MAX;
use crate::domain::field::text;

/// The tokens to be dropped.
#[derive(Debug, InputObject)]
pub struct EvictAccessTokenInput {
    /// Key of the connection.
    key: KeyText,
    /// Why, for the log.
    reason: Option<String>,
}

/// What became of `evictAccessToken`.
#[derive(Debug, SimpleObject)]
pub struct EvictAccessTokenPayload {
    /// The connection; null exactly when there are user errors.
    connection: Option<ConnectionProfile>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// Changes of cached tokens.
#[derive(Default)]
pub struct TokenMutations;

#[Object]
impl TokenMutations {
    /// Drops the cached tokens of a connection: the next request fetches a new one.
    #[graphql(directive = requires_permission::apply(Permission::EditConnection))]
    async fn evict_access_token(
        &self,
        ctx: &Context<'_>,
        input: EvictAccessTokenInput,
    ) -> Fallible<EvictAccessTokenPayload> {
        Some(evict(ctx, input).await.map(|done| match done {
            Ok(connection) => EvictAccessTokenPayload { connection: Some(connection), user_errors: vec![] },
            Err(user_errors) => EvictAccessTokenPayload { connection: None, user_errors },
        }))
    }
}

async fn evict(ctx: &Context<'_>, input: EvictAccessTokenInput) -> Done<ConnectionProfile> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let checked = input.key.parse_at("key").and_then(|key| {
        text("reason", input.reason.as_deref().unwrap_or_default(), 0, REASON_LENGTH_MAX)?;
        Ok(key)
    });
    let key = match checked {
        Ok(key) => key,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let Some(profile) = connection::find(ctx, key.clone()).await? else {
        return Ok(Err(vec![UserError::not_found("there is no connection with this Key", "key")]));
    };
    let provenance = services.provenance(ctx, caller);
    services.tokens.evict(&key, input.reason, provenance).await.map_err(ApiError::from)?;
    Ok(Ok(profile))
}
