//! `AuthFailure`: why there was no token, or why the API took none, and what to do about it.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::connection::{self, ConnectionProfile};
use super::errors::{ApiError, Fallible};
use super::exchange::{self, HttpExchange};
use super::filters::entries;
use super::ids::{ListKind, NodeId};
use super::pagination::{Page, PageArguments};
use super::permission::{self, Permission, requires_permission};
use super::scalars::{KeyText, SequenceText, UrlText, int};
use super::services::Services;
use super::usage::TimeRangeInput;
use crate::domain::{Key, failure as domain};
use crate::event_log::Position;
use crate::projections::Window;
use crate::projections::auth_failures::{self as model, AuthFailureView};

/// Where on the way to an authorised call it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AuthPhase")]
pub enum AuthPhase {
    /// Reading the stored secret.
    Secret,
    /// Signing the client assertion.
    Assertion,
    /// Looking up or judging the address.
    Dns,
    /// Opening the connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Sending, or waiting for the answer.
    Request,
    /// Reading the answer.
    Response,
    /// Judging the token in the answer.
    Token,
    /// The protected API refused the token.
    Resource,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AuthFailureReason")]
pub enum AuthFailureReason {
    /// RFC 6749 section 5.2 `invalid_client`.
    InvalidClient,
    /// RFC 6749 section 5.2 `invalid_scope`.
    InvalidScope,
    /// RFC 6749 section 5.2 `invalid_grant`.
    InvalidGrant,
    /// RFC 6749 section 5.2 `invalid_request`, and any other 4xx.
    InvalidRequest,
    /// RFC 6749 section 5.2 `unauthorized_client`.
    UnauthorizedClient,
    /// RFC 6749 section 5.2 `unsupported_grant_type`.
    UnsupportedGrantType,
    /// A success that holds no usable token.
    MalformedResponse,
    /// 5xx.
    ServerError,
    /// 429.
    RateLimited,
    /// No answer in time.
    Timeout,
    /// The host has no address.
    Dns,
    /// Nobody listens there, or the connection broke.
    Connect,
    /// The server's certificate or handshake is not acceptable.
    Tls,
    /// The stored secret can't be read.
    SecretUnavailable,
    /// The stored key can't sign with this algorithm.
    KeyInvalid,
    /// The address guard refuses the destination.
    EgressDenied,
    /// The API refused the token, and a fresh one as well.
    TokenRejected,
    /// The connection is disabled.
    ConnectionDisabled,
    /// A token request failed a short while ago, and the next one is held back: nothing was asked.
    CircuitOpen,
    /// The caller went away, or stopped sending or reading, before a forwarded request had its whole answer.
    CallerGone,
}

/// The issuer's own words (RFC 6749 section 5.2), capped in length.
#[derive(Debug, Clone, SimpleObject)]
pub struct OAuthError {
    /// `error`
    error: String,
    /// `error_description`
    error_description: Option<String>,
    /// `error_uri`
    error_uri: Option<UrlText>,
}

/// What to do about a failure.
#[derive(Debug, Clone, SimpleObject)]
pub struct Remedy {
    /// One sentence for a person.
    summary: String,
    /// The field of the connection's input to look at first.
    field: Option<String>,
}

/// Why there was no token, or why the API took none.
#[derive(Debug, Clone)]
pub struct AuthFailure {
    pub(super) id: NodeId,
    /// Position of the event that tells of it.
    pub(super) position: Position,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) connection: Option<Key>,
    pub(super) exchange: Option<Uuid>,
    pub(super) task: Option<Key>,
    pub(super) trace_id: Option<String>,
    pub(super) failure: domain::AuthFailure,
}

impl From<AuthFailureView> for AuthFailure {
    fn from(view: AuthFailureView) -> Self {
        let AuthFailureView { position, connection, exchange, task, occurred_at, trace_id, failure } = view;
        let id = NodeId::AuthFailure(position);
        Self { id, position, occurred_at, connection: Some(connection), exchange, task, trace_id, failure }
    }
}

/// Why there was no token, or why the API took none.
#[Object]
impl AuthFailure {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        self.id.to_id()
    }

    /// Position of the event that tells of it.
    async fn sequence(&self) -> SequenceText {
        self.position.into()
    }

    /// When it was recorded.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.occurred_at
    }

    /// Key of the connection that had no token.
    async fn connection_key(&self) -> Option<KeyText> {
        self.connection.as_ref().map(KeyText::from)
    }

    /// The connection as it is now; null after it was deleted.
    #[graphql(directive = requires_permission::apply(Permission::ViewConnection))]
    async fn connection(&self, ctx: &Context<'_>) -> Fallible<ConnectionProfile> {
        if let Err(refusal) = permission::check(ctx, "AuthFailure") {
            return Some(Err(refusal));
        }
        connection::find(ctx, self.connection.clone()?).await.transpose()
    }

    /// The exchange in which it happened.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    async fn exchange(&self, ctx: &Context<'_>) -> Fallible<HttpExchange> {
        if let Err(refusal) = permission::check(ctx, "AuthFailure") {
            return Some(Err(refusal));
        }
        exchange::find(ctx, self.exchange?).await.transpose()
    }

    /// Key of the HTTP Request Task that the exchange is a run of.
    async fn task_key(&self) -> Option<KeyText> {
        self.task.as_ref().map(KeyText::from)
    }

    /// Where on the way.
    async fn phase(&self) -> AuthPhase {
        self.failure.phase.into()
    }

    /// What went wrong.
    async fn reason(&self) -> AuthFailureReason {
        self.failure.reason.into()
    }

    /// One sentence for a person.
    async fn message(&self) -> &str {
        &self.failure.message
    }

    /// The issuer's own words.
    #[graphql(name = "oauthError")]
    async fn oauth_error(&self) -> Option<OAuthError> {
        self.failure.oauth_error.as_ref().map(|error| OAuthError {
            error: error.error.clone(),
            error_description: error.error_description.clone(),
            error_uri: error.error_uri.clone().map(UrlText),
        })
    }

    /// The first words of the token endpoint's answer, with everything blotted out that could be a secret or a token; null
    /// when none came.
    async fn excerpt(&self) -> Option<&String> {
        self.failure.excerpt.as_ref()
    }

    /// Status of the issuer's or the API's answer.
    async fn http_status(&self) -> Option<i32> {
        self.failure.http_status.map(i32::from)
    }

    /// How many requests were made before giving up.
    async fn attempt(&self) -> i32 {
        int(self.failure.attempts)
    }

    /// Whether the same request may succeed later with nothing changed.
    async fn retryable(&self) -> bool {
        self.failure.reason.retryable()
    }

    /// What to do about it.
    async fn remedy(&self) -> Remedy {
        let domain::Remedy { summary, field } = self.failure.remedy();
        Remedy { summary, field }
    }

    /// W3C trace id of the call.
    async fn trace_id(&self) -> Option<&String> {
        self.trace_id.as_ref()
    }
}

/// Which failures are wanted. Null and empty lists mean all.
#[derive(Debug, Clone, Default, InputObject)]
pub struct AuthFailureFilter {
    /// Keys of connections.
    connections: Option<Vec<KeyText>>,
    /// Keys of HTTP Request Tasks.
    tasks: Option<Vec<KeyText>>,
    /// Reasons.
    reasons: Option<Vec<AuthFailureReason>>,
    /// Phases.
    phases: Option<Vec<AuthPhase>>,
    /// When they were recorded.
    range: Option<TimeRangeInput>,
}

impl AuthFailureFilter {
    /// The same for one connection only.
    pub(super) fn only(self, connection: &Key) -> Self {
        Self { connections: Some(vec![KeyText::from(connection)]), ..self }
    }

    /// The same for one task only.
    pub(super) fn only_of_task(self, task: &Key) -> Self {
        Self { tasks: Some(vec![KeyText::from(task)]), ..self }
    }

    /// The read model's own filter.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for too many entries of a list.
    pub(super) fn parse(self) -> Result<model::AuthFailureFilter, ApiError> {
        let connections = entries("filter.connections", self.connections)?;
        let reasons = entries("filter.reasons", self.reasons)?.into_iter().map(domain::AuthFailureReason::from);
        Ok(model::AuthFailureFilter {
            connections: connections.into_iter().map(|key| key.0).collect(),
            tasks: entries("filter.tasks", self.tasks)?.into_iter().map(|key| key.0).collect(),
            reasons: reasons.map(|reason| reason.name().to_owned()).collect(),
            // The name in the schema is the name that is stored: the serialised name of the domain's own enum.
            phases: entries("filter.phases", self.phases)?.into_iter().map(enum_name).collect(),
            from: self.range.map(|range| range.from),
            to: self.range.and_then(|range| range.to),
        })
    }
}

fn enum_name(phase: AuthPhase) -> String {
    match async_graphql::InputType::to_value(&phase) {
        async_graphql::Value::Enum(name) => name.to_string(),
        _ => String::new(),
    }
}

/// Root fields about auth failures.
#[derive(Default)]
pub struct AuthFailureQueries;

#[Object]
impl AuthFailureQueries {
    /// Auth failures, newest first.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn auth_failures(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<AuthFailureFilter>,
    ) -> Fallible<Page<AuthFailure>> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        Some(auth_failures(ctx, &PageArguments { first, after, last, before }, filter.unwrap_or_default()).await)
    }
}

/// Reads a page of failures.
pub(super) async fn auth_failures(
    ctx: &Context<'_>,
    arguments: &PageArguments,
    filter: AuthFailureFilter,
) -> Result<Page<AuthFailure>, ApiError> {
    let window = arguments.window::<Position>(ListKind::AuthFailures)?;
    let wanted = window.clone();
    let filter = filter.parse()?;
    let (slice, total) = Services::of(ctx)?.read(move |conn| model::list(conn, &wanted, &filter)).await?;
    Ok(Page::of(ListKind::AuthFailures, &window, slice, |view| (view.position, AuthFailure::from(view))).counted(total))
}

/// Reads one failure.
pub(super) async fn find(ctx: &Context<'_>, position: Position) -> Result<Option<AuthFailure>, ApiError> {
    let view = Services::of(ctx)?.read(move |conn| model::get(conn, position)).await?;
    Ok(view.map(AuthFailure::from))
}

/// Reads the newest failure of a connection.
pub(super) async fn newest_of(ctx: &Context<'_>, connection: &Key) -> Result<Option<AuthFailure>, ApiError> {
    let filter = model::AuthFailureFilter { connections: vec![connection.to_string()], ..Default::default() };
    let window = Window { after: None, before: None, from_end: false, limit: 1 };
    let (slice, _) = Services::of(ctx)?.read(move |conn| model::list(conn, &window, &filter)).await?;
    Ok(slice.rows.into_iter().next().map(AuthFailure::from))
}
