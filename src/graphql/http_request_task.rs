//! `HttpRequestTask`: AireGlu's saved request. What may be secret in it is shown to those who may view the task, but for
//! values whose header or pair has the name of a credential: those are shown to nobody.

mod request;

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};

pub use request::{AuthType, HttpBodyKind, HttpRequestTemplate, NameValue, TaskAuthorization};
pub(super) use request::{sent_url, shown_url, unmasked};

use super::audit_event::{AuditEvent, audit_events};
use super::auth_failure::{AuthFailure, AuthFailureFilter, auth_failures};
use super::errors::{ApiError, ErrorCode, Fallible};
use super::exchange::HttpMethod;
use super::ids::{ListKind, NodeId};
use super::pagination::{Page, PageArguments};
use super::permission::{self, Permission, requires_permission};
use super::scalars::{DurationText, KeyText, int};
use super::services::Services;
use super::usage::{Granularity, TimeRangeInput, UsageData, usage};
use crate::domain::request::RetryOnFailure;
use crate::domain::task_template::TaskTemplate;
use crate::domain::{Key, StreamId};
use crate::event_log::Filter;
use crate::projections::exchanges::ExchangeFilter;
use crate::projections::task_values::TaskValuesError;
use crate::projections::tasks::{self, TaskFilter, TaskView};

/// An HTTP Request Task: a saved request.
#[derive(Debug, Clone)]
pub struct HttpRequestTask(pub(super) TaskView);

/// An HTTP Request Task: a saved request.
#[Object]
impl HttpRequestTask {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        NodeId::HttpRequestTask(self.0.key.clone()).to_id()
    }

    /// Key.
    async fn key(&self) -> KeyText {
        KeyText::from(&self.0.key)
    }

    /// Display Name.
    async fn display_name(&self) -> &str {
        &self.0.definition.display_name
    }

    /// Groups tasks.
    async fn endpoint(&self) -> Option<&String> {
        self.0.definition.endpoint.as_ref()
    }

    /// Method.
    async fn method(&self) -> HttpMethod {
        self.0.definition.method.into()
    }

    /// Scheme, host and path with its variables: what the log knows of where it goes.
    async fn target(&self) -> String {
        let definition = &self.0.definition;
        format!("{}://{}{}", definition.scheme, definition.host, definition.path)
    }

    /// The whole request with its variables.
    #[graphql(directive = requires_permission::apply(Permission::ViewHttpRequestTask))]
    async fn request(&self, ctx: &Context<'_>) -> Fallible<HttpRequestTemplate> {
        if let Err(refusal) = permission::check(ctx, "HttpRequestTask") {
            return Some(Err(refusal));
        }
        let read = template(ctx, &self.0.key).await.transpose()?;
        Some(read.and_then(|(_, template)| HttpRequestTemplate::of(&template)))
    }

    /// Authorisation.
    async fn authorization(&self) -> TaskAuthorization {
        (&self.0.definition.authorization).into()
    }

    /// Retry external requests on failure.
    async fn retry_on_failure(&self) -> bool {
        self.0.definition.retry != RetryOnFailure::Never
    }

    /// Whether POST and PATCH are retried without an `Idempotency-Key` header, too.
    async fn retry_non_idempotent(&self) -> bool {
        self.0.definition.retry == RetryOnFailure::Always
    }

    /// For everything: token, retries, answer.
    async fn timeout(&self) -> DurationText {
        let definition = &self.0.definition;
        DurationText::of_ms(definition.timeout_ms.unwrap_or_else(|| definition.retry.timeout_ms_default()))
    }

    /// Whether redirects of the API are followed.
    async fn follow_redirects(&self) -> bool {
        self.0.definition.follow_redirects
    }

    /// Key of the stored secret that holds the certificate which the request shows to the API.
    async fn client_certificate(&self) -> Option<KeyText> {
        self.0.definition.client_certificate.as_ref().map(|certificate| KeyText::from(&certificate.secret))
    }

    /// Key of the stored secret that opens the certificate.
    async fn client_certificate_password(&self) -> Option<KeyText> {
        let certificate = self.0.definition.client_certificate.as_ref()?;
        certificate.password.as_ref().map(KeyText::from)
    }

    /// Number of its events; `expectedVersion` of the next change.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Usage Data: counts and latencies of its runs.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    async fn usage_data(
        &self,
        ctx: &Context<'_>,
        range: TimeRangeInput,
        #[graphql(default_with = "Granularity::Hour")] granularity: Granularity,
    ) -> Fallible<UsageData> {
        if let Err(refusal) = permission::check(ctx, "HttpRequestTask") {
            return Some(Err(refusal));
        }
        let whose = ExchangeFilter { tasks: vec![self.0.key.to_string()], ..ExchangeFilter::default() };
        Some(usage(ctx, range, granularity, whose).await)
    }

    /// The auth failures of its runs, newest first.
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
        if let Err(refusal) = permission::check(ctx, "HttpRequestTask") {
            return Some(Err(refusal));
        }
        let arguments = PageArguments { first, after, last, before };
        Some(auth_failures(ctx, &arguments, filter.unwrap_or_default().only_of_task(&self.0.key)).await)
    }

    /// The events that made it what it is, oldest first.
    #[graphql(directive = requires_permission::apply(Permission::ListAuditEvent))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Fallible<Page<AuditEvent>> {
        if let Err(refusal) = permission::check(ctx, "HttpRequestTask") {
            return Some(Err(refusal));
        }
        let arguments = PageArguments { first, after, last, before };
        let streams = vec![StreamId::Task(self.0.key.clone()).to_string()];
        Some(audit_events(ctx, &arguments, Filter { streams, ..Filter::default() }).await)
    }
}

/// Which tasks are listed.
#[derive(Debug, Clone, Default, InputObject)]
pub struct HttpRequestTaskFilter {
    /// Part of the Key, the Display Name, the endpoint, host and path, or the connection's Key; any case.
    query: Option<String>,
    /// Exactly this endpoint.
    endpoint: Option<String>,
    /// Key of the connection that authorises them.
    connection: Option<KeyText>,
}

/// Root fields about tasks.
#[derive(Default)]
pub struct HttpRequestTaskQueries;

#[Object]
impl HttpRequestTaskQueries {
    /// The HTTP Request Task with this Key.
    #[graphql(directive = requires_permission::apply(Permission::ViewHttpRequestTask))]
    async fn http_request_task(&self, ctx: &Context<'_>, key: KeyText) -> Fallible<HttpRequestTask> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        find(ctx, Key::parse(&key.0).ok()?).await.transpose()
    }

    /// HTTP Request Tasks by Key.
    #[graphql(directive = requires_permission::apply(Permission::ListHttpRequestTask))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn http_request_tasks(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<HttpRequestTaskFilter>,
    ) -> Fallible<Page<HttpRequestTask>> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        let HttpRequestTaskFilter { query, endpoint, connection } = filter.unwrap_or_default();
        let query = query.filter(|text| !text.is_empty());
        let filter = TaskFilter { query, endpoint, connection: connection.map(|key| key.0), secret: None };
        Some(list(ctx, &PageArguments { first, after, last, before }, filter).await)
    }
}

/// Reads one task.
pub(super) async fn find(ctx: &Context<'_>, key: Key) -> Result<Option<HttpRequestTask>, ApiError> {
    let view = Services::of(ctx)?.read(move |conn| tasks::get(conn, &key)).await?;
    Ok(view.map(HttpRequestTask))
}

/// Reads one task with its sealed part.
pub(super) async fn template(ctx: &Context<'_>, key: &Key) -> Result<Option<(TaskView, TaskTemplate)>, ApiError> {
    Services::of(ctx)?.registry.task(key).await.map_err(|error| match error {
        TaskValuesError::Database(error) => error.into(),
        TaskValuesError::Missing | TaskValuesError::Sealed(_) => {
            let message = "What is stored of the task can't be unsealed with the encryption keys that are configured.";
            ApiError::new(ErrorCode::Unavailable, message)
        }
    })
}

/// Reads a page of tasks.
pub(super) async fn list(
    ctx: &Context<'_>,
    arguments: &PageArguments,
    filter: TaskFilter,
) -> Result<Page<HttpRequestTask>, ApiError> {
    let window = arguments.window::<String>(ListKind::HttpRequestTasks)?;
    let wanted = window.clone();
    let (slice, total) = Services::of(ctx)?.read(move |conn| tasks::list(conn, &wanted, &filter)).await?;
    Ok(Page::of(ListKind::HttpRequestTasks, &window, slice, |view| (view.key.to_string(), HttpRequestTask(view)))
        .counted(total))
}
