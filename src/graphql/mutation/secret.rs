//! `createSecret`, `rotateSecret`, `deleteSecret`.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::super::errors::Fallible;
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::{DurationText, KeyText};
use super::super::secret::Secret;
use super::super::services::Services;
use super::super::user_errors::{self, UserError};
use super::Done;
use super::connection::version;
use super::secret_source::SecretSourceInput;
use crate::registry::{NewSecret, Removal, Rotation};

/// A secret to be stored.
#[derive(Debug, InputObject)]
pub struct CreateSecretInput {
    /// Key: `^[a-z][a-z0-9-]{0,62}$`, never reused.
    key: KeyText,
    /// Display Name.
    display_name: String,
    /// Its value.
    source: SecretSourceInput,
    /// When the issuer stops taking it: before that a warning is given. It is tried all the same. Omitted, it is the end of
    /// the certificate, where the value has one.
    expires_at: Option<DateTime<Utc>>,
    /// Names the wish: asked again with the same input, it gives the first result.
    idempotency_key: Option<String>,
}

/// A new value for a secret.
#[derive(Debug, InputObject)]
pub struct RotateSecretInput {
    /// Key.
    key: KeyText,
    /// The version that the client read.
    expected_version: i32,
    /// The new value.
    source: SecretSourceInput,
    /// When the issuer stops taking the new value. Omitted, it is the end of the certificate, where the value has one, and
    /// else not known, whatever was known of the old value.
    expires_at: Option<DateTime<Utc>>,
    /// How long the old value is still tried when the issuer answers the new one with `invalid_client`; at most 90 days.
    /// Omitted, the old value is dropped at once.
    overlap: Option<DurationText>,
    /// Why, for the log.
    reason: Option<String>,
}

/// A secret to be deleted.
#[derive(Debug, InputObject)]
pub struct DeleteSecretInput {
    /// Key.
    key: KeyText,
    /// The version that the client read.
    expected_version: i32,
    /// Why, for the log.
    reason: Option<String>,
}

/// What became of `createSecret`.
#[derive(Debug, SimpleObject)]
pub struct CreateSecretPayload {
    /// The secret; null exactly when there are user errors.
    secret: Option<Secret>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// What became of `rotateSecret`.
#[derive(Debug, SimpleObject)]
pub struct RotateSecretPayload {
    /// The secret; null exactly when there are user errors.
    secret: Option<Secret>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// What became of `deleteSecret`.
#[derive(Debug, SimpleObject)]
pub struct DeleteSecretPayload {
    /// Key of what is gone; null exactly when there are user errors.
    deleted_key: Option<KeyText>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// Changes of secrets.
#[derive(Default)]
pub struct SecretMutations;

#[Object]
impl SecretMutations {
    /// Stores a secret. Its value can't be read back.
    #[graphql(directive = requires_permission::apply(Permission::CreateSecret))]
    async fn create_secret(&self, ctx: &Context<'_>, input: CreateSecretInput) -> Fallible<CreateSecretPayload> {
        Some(create(ctx, input).await.map(|done| match done {
            Ok(secret) => CreateSecretPayload { secret: Some(secret), user_errors: vec![] },
            Err(user_errors) => CreateSecretPayload { secret: None, user_errors },
        }))
    }

    /// Replaces the value of a secret.
    #[graphql(directive = requires_permission::apply(Permission::EditSecret))]
    async fn rotate_secret(&self, ctx: &Context<'_>, input: RotateSecretInput) -> Fallible<RotateSecretPayload> {
        Some(rotate(ctx, input).await.map(|done| match done {
            Ok(secret) => RotateSecretPayload { secret: Some(secret), user_errors: vec![] },
            Err(user_errors) => RotateSecretPayload { secret: None, user_errors },
        }))
    }

    /// Deletes a secret that no connection uses, for ever; its Key stays taken.
    #[graphql(directive = requires_permission::apply(Permission::DeleteSecret))]
    async fn delete_secret(&self, ctx: &Context<'_>, input: DeleteSecretInput) -> Fallible<DeleteSecretPayload> {
        Some(delete(ctx, input).await.map(|done| match done {
            Ok(key) => DeleteSecretPayload { deleted_key: Some(key), user_errors: vec![] },
            Err(user_errors) => DeleteSecretPayload { deleted_key: None, user_errors },
        }))
    }
}

async fn create(ctx: &Context<'_>, input: CreateSecretInput) -> Done<Secret> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let key = match input.key.parse_at("key") {
        Ok(key) => key,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let CreateSecretInput { display_name, source, expires_at, idempotency_key, .. } = input;
    let value = match source.open().await? {
        Ok(value) => value,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let new = NewSecret { key, display_name, value, expires_at, idempotency_key };
    match services.registry.create_secret(new, services.provenance(ctx, caller)).await {
        Ok(changed) => Ok(present(changed.view.map(Secret))),
        Err(error) => Ok(Err(vec![user_errors::of_secret(ctx, error).await?])),
    }
}

async fn rotate(ctx: &Context<'_>, input: RotateSecretInput) -> Done<Secret> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let key = match input.key.parse_at("key") {
        Ok(key) => key,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let expected_version = match version(input.expected_version) {
        Ok(version) => version,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let value = match input.source.open().await? {
        Ok(value) => value,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let overlap_ms = match input.overlap.map(|overlap| overlap.parse_at("overlap")).transpose() {
        Ok(overlap_ms) => overlap_ms,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let (expires_at, now, reason) = (input.expires_at, services.clock.now(), input.reason);
    let rotation = Rotation { key, expected_version, value, expires_at, overlap_ms, now, reason };
    match services.registry.rotate_secret(rotation, services.provenance(ctx, caller)).await {
        Ok(changed) => Ok(present(changed.view.map(Secret))),
        Err(error) => Ok(Err(vec![user_errors::of_secret(ctx, error).await?])),
    }
}

async fn delete(ctx: &Context<'_>, input: DeleteSecretInput) -> Done<KeyText> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let key = match input.key.parse_at("key") {
        Ok(key) => key,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let expected_version = match version(input.expected_version) {
        Ok(version) => version,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let removal = Removal { key, expected_version, reason: input.reason };
    match services.registry.delete_secret(removal, services.provenance(ctx, caller)).await {
        Ok(_) => Ok(Ok(input.key)),
        Err(error) => Ok(Err(vec![user_errors::of_secret(ctx, error).await?])),
    }
}

/// What was changed may have been deleted by somebody else before it was read again.
fn present(secret: Option<Secret>) -> Result<Secret, Vec<UserError>> {
    secret.ok_or_else(|| vec![UserError::not_found("the secret was deleted since", "key")])
}
