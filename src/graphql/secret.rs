//! `Secret`: what is known of a stored secret. Its value is never read here.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::connection::{self, ConnectionProfile};
use super::errors::{ApiError, Fallible};
use super::http_request_task::{self, HttpRequestTask};
use super::ids::{ListKind, NodeId};
use super::pagination::{Page, PageArguments};
use super::permission::{self, Permission, requires_permission};
use super::scalars::{KeyText, int};
use super::services::Services;
use super::warning::{self, ConnectionWarning};
use crate::domain::Key;
use crate::projections::connections::ConnectionFilter;
use crate::projections::secrets::{self, SecretView};
use crate::projections::tasks::TaskFilter;

/// Where a secret's value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::secret::SecretProvider")]
pub enum SecretProvider {
    /// Sealed in Latchkey's own database.
    Database,
}

/// The value that a rotation replaced, while it is still tried.
#[derive(Debug, Clone, SimpleObject)]
pub struct PreviousSecret {
    /// Its version.
    version: i32,
    /// Until when it is tried.
    until: DateTime<Utc>,
}

/// A stored secret. Its value can be replaced, but not be read.
#[derive(Debug, Clone)]
pub struct Secret(pub(super) SecretView);

/// A stored secret. Its value can be replaced, but not be read.
#[Object]
impl Secret {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        NodeId::Secret(self.0.key.clone()).to_id()
    }

    /// Key.
    async fn key(&self) -> KeyText {
        KeyText::from(&self.0.key)
    }

    /// Display Name.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Where its value is kept.
    async fn provider(&self) -> SecretProvider {
        self.0.provider.into()
    }

    /// Keyed fingerprint of its value: equal fingerprints, equal values.
    async fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// Number of its events; `expectedVersion` of the next change.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its value was replaced last.
    async fn rotated_at(&self) -> Option<DateTime<Utc>> {
        self.0.rotated_at
    }

    /// When the issuer stops taking its value, as far as somebody said it.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// The value before, while it is still tried when the issuer refuses the current one.
    async fn previous(&self, ctx: &Context<'_>) -> Option<PreviousSecret> {
        let now = ctx.data_opt::<Services>().map(|services| services.clock.now());
        let previous = self.0.previous.filter(|previous| now.is_some_and(|now| previous.until > now));
        previous.map(|previous| PreviousSecret { version: int(previous.version), until: previous.until })
    }

    /// What works today and will not for long.
    async fn warnings(&self, ctx: &Context<'_>) -> Result<Vec<ConnectionWarning>, ApiError> {
        warning::of_secret(ctx, self.0.clone()).await
    }

    /// The connections that use it, by Key.
    #[graphql(directive = requires_permission::apply(Permission::ListConnection))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn used_by(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Fallible<Page<ConnectionProfile>> {
        if let Err(refusal) = permission::check(ctx, "Secret") {
            return Some(Err(refusal));
        }
        let arguments = PageArguments { first, after, last, before };
        let filter = ConnectionFilter { query: None, secret: Some(self.0.key.clone()), states: None };
        Some(connection::list(ctx, &arguments, filter).await)
    }

    /// The HTTP Request Tasks that use it, by Key.
    #[graphql(directive = requires_permission::apply(Permission::ListHttpRequestTask))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn used_by_tasks(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Fallible<Page<HttpRequestTask>> {
        if let Err(refusal) = permission::check(ctx, "Secret") {
            return Some(Err(refusal));
        }
        let arguments = PageArguments { first, after, last, before };
        let filter = TaskFilter { secret: Some(self.0.key.clone()), ..TaskFilter::default() };
        Some(http_request_task::list(ctx, &arguments, filter).await)
    }
}

/// Root fields about secrets.
#[derive(Default)]
pub struct SecretQueries;

#[Object]
impl SecretQueries {
    /// The secret with this Key.
    #[graphql(directive = requires_permission::apply(Permission::ViewSecret))]
    async fn secret(&self, ctx: &Context<'_>, key: KeyText) -> Fallible<Secret> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        find(ctx, Key::parse(&key.0).ok()?).await.transpose()
    }

    /// Secrets by Key.
    #[graphql(directive = requires_permission::apply(Permission::ListSecret))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn secrets(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Fallible<Page<Secret>> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        Some(list(ctx, &PageArguments { first, after, last, before }).await)
    }
}

/// Reads one secret.
pub(super) async fn find(ctx: &Context<'_>, key: Key) -> Result<Option<Secret>, ApiError> {
    let view = Services::of(ctx)?.read(move |conn| secrets::get(conn, &key)).await?;
    Ok(view.map(Secret))
}

async fn list(ctx: &Context<'_>, arguments: &PageArguments) -> Result<Page<Secret>, ApiError> {
    let window = arguments.window::<String>(ListKind::Secrets)?;
    let wanted = window.clone();
    let (slice, total) = Services::of(ctx)?.read(move |conn| secrets::list(conn, &wanted)).await?;
    Ok(Page::of(ListKind::Secrets, &window, slice, |view| (view.key.to_string(), Secret(view))).counted(total))
}
