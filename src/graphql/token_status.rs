//! `TokenStatus`: what is known of the token that a connection has now. Never the token.
//!
//! Deliberately absent: the claims of a token that is a JWT. To a client an access token is opaque (RFC 6749 section 1.4);
//! what an issuer puts into it is meant for the API and may be about people.

use async_graphql::{Context, SimpleObject};
use chrono::{DateTime, Utc};

use super::batches;
use super::connection::ConnectionProfile;
use super::errors::ApiError;
use crate::projections::token_status::{self as model, Holder};

/// A token that may still be used, as the log tells it. Never the token itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct TokenStatus {
    /// When it was fetched.
    fetched_at: DateTime<Utc>,
    /// When it ends.
    expires_at: DateTime<Utc>,
    /// What it is for, in the issuer's words (RFC 6749 section 3.3); null when the issuer did not say.
    scope: Option<String>,
    /// How it is sent (RFC 6749 section 7.1).
    token_type: String,
    /// Keyed fingerprint: the same for the same token, and nothing else.
    fingerprint: String,
}

impl From<model::TokenStatus> for TokenStatus {
    fn from(status: model::TokenStatus) -> Self {
        let model::TokenStatus { position: _, fetched_at, expires_at, scope, token_type, fingerprint } = status;
        Self { fetched_at, expires_at, scope, token_type, fingerprint }
    }
}

/// Reads the newest token of a connection.
pub(super) async fn newest(ctx: &Context<'_>, of: &ConnectionProfile) -> Result<Option<TokenStatus>, ApiError> {
    let view = &of.0;
    let secret = view.definition.authentication.secret().cloned();
    let holder = Holder { connection: view.key.clone(), version: view.version, secret };
    Ok(batches::of(ctx)?.load_one(holder).await?.map(TokenStatus::from))
}
