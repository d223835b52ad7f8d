//! `createSecret`, `rotateSecret`, `deleteSecret`.

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject};

use super::super::errors::Fallible;
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::{KeyText, SecretText};
use super::super::secret::Secret;
use super::super::services::Services;
use super::super::user_errors::{self, UserError};
use super::Done;
use super::connection::version;
use crate::registry::{NewSecret, Removal, Rotation};

/// Where a secret's value comes from: exactly one of the fields.
#[derive(Debug, OneofObject)]
pub enum SecretSourceInput {
    /// The value itself, to be sealed in Latchkey's database. Space or line ends around it are refused
    /// (`SURROUNDING_SPACE`), except around a PEM text or a JSON Web Key, where they mean nothing and are not kept. An empty
    /// value is `EMPTY`, one of white space only is `BLANK`.
    Value(SecretText),
}

/// A secret to be stored.
#[derive(Debug, InputObject)]
pub struct CreateSecretInput {
    /// Key: `^[a-z][a-z0-9-]{0,62}$`, never reused.
    key: KeyText,
    /// Display Name.
    display_name: String,
    /// Its value.
    source: SecretSourceInput,
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
    let SecretSourceInput::Value(SecretText(value)) = input.source;
    let new = NewSecret { key, display_name: input.display_name, value, idempotency_key: input.idempotency_key };
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
    let SecretSourceInput::Value(SecretText(value)) = input.source;
    let rotation = Rotation { key, expected_version, value, reason: input.reason };
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
