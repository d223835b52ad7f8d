//! `evictAccessToken` and `retryTokenRequest`.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::auth_failure::{self, AuthFailure};
use super::super::connection::{self, ConnectionProfile};
use super::super::errors::{ApiError, Fallible};
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::KeyText;
use super::super::services::Services;
use super::super::user_errors::UserError;
use super::Done;
use crate::domain::connection::REASON_LENGTH_MAX;
use crate::domain::field::text;
use crate::oauth::NoToken;

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

/// The connection whose token request shall go out now.
#[derive(Debug, InputObject)]
pub struct RetryTokenRequestInput {
    /// Key of the connection.
    key: KeyText,
}

/// What became of `retryTokenRequest`.
#[derive(Debug, SimpleObject)]
pub struct RetryTokenRequestPayload {
    /// The connection; null exactly when there are user errors.
    connection: Option<ConnectionProfile>,
    /// Why there is no token all the same; null when there is one.
    failure: Option<AuthFailure>,
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

    /// Asks the issuer for a new token with the connection's own parameters, at once: also while requests are held back
    /// after a failure. The new token takes the place of the cached one.
    #[graphql(directive = requires_permission::apply(Permission::EditConnection))]
    async fn retry_token_request(
        &self,
        ctx: &Context<'_>,
        input: RetryTokenRequestInput,
    ) -> Fallible<RetryTokenRequestPayload> {
        Some(retry(ctx, input).await.map(|done| match done {
            Ok((connection, failure)) => {
                RetryTokenRequestPayload { connection: Some(connection), failure, user_errors: vec![] }
            }
            Err(user_errors) => RetryTokenRequestPayload { connection: None, failure: None, user_errors },
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

async fn retry(ctx: &Context<'_>, input: RetryTokenRequestInput) -> Done<(ConnectionProfile, Option<AuthFailure>)> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let key = match input.key.parse_at("key") {
        Ok(key) => key,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let unknown = || Ok(Err(vec![UserError::not_found("there is no connection with this Key", "key")]));
    let Some(asked) = services.tokens.retry_now(&key, services.provenance(ctx, caller)).await else { return unknown() };
    let failure = match asked {
        Ok(_) => None,
        Err(NoToken { position: Some(position), .. }) => auth_failure::find(ctx, position).await?,
        // Shared with a request that was under way: its failure is on the log already, and the newest.
        Err(NoToken { position: None, .. }) => auth_failure::newest_of(ctx, &key).await?,
    };
    let Some(profile) = connection::find(ctx, key).await? else { return unknown() };
    Ok(Ok((profile, failure)))
}
