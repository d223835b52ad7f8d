//! `HttpExchange`: one HTTP request made for a caller. Whoever had it made sees all of it; read later, it is what the
//! log keeps: no query, no header values, no body.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::auth_failure::AuthFailure;
use super::connection::{self, ConnectionProfile};
use super::errors::{ApiError, Fallible};
use super::http_request_task::{self, HttpRequestTask};
use super::http_response::{Header, HttpExchangeOutcome, HttpResponse};
use super::ids::{ListKind, NodeId};
use super::pagination::{Page, PageArguments};
use super::permission::{self, Permission, requires_permission};
use super::scalars::{KeyText, SequenceText, UrlText, int, ms};
use super::services::Services;
use super::usage::UsageFilter;
use crate::domain::exchange::{self as domain, ExchangeEnd, ExchangeFailure};
use crate::domain::task_template::names_a_credential;
use crate::event_log::{self, Filter, Position, read};
use crate::http::{Execution, HttpAnswer, SentRequest};
use crate::projections::exchanges::{self as model, ExchangeView};

mod curl;

/// HTTP methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::request::HttpMethod")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum HttpMethod {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Trace,
}

/// Where a token came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TokenSource")]
pub enum TokenSource {
    /// It was in the cache.
    Cache,
    /// It was fetched for this request.
    Fetched,
    /// The cached one was refused by the API, this one was fetched instead.
    RefreshedAfterRejection,
    /// It was fetched for another request that was waiting for the same token.
    SharedInFlight,
}

/// A request as it is remembered.
#[derive(Debug, Clone, SimpleObject)]
pub struct RecordedHttpRequest {
    /// Method.
    pub(super) method: String,
    /// Where to. Read later it has no query: that may hold secrets.
    pub(super) url: UrlText,
    /// In order. Read later they have no values. The token is never among them.
    pub(super) headers: Vec<Header>,
    /// Size of the body in bytes.
    pub(super) body_size: i32,
}

/// One request that was sent to the API.
#[derive(Debug, Clone, SimpleObject)]
pub struct HttpAttempt {
    /// 1, 2, 3, …
    number: i32,
    /// When it was sent.
    started_at: DateTime<Utc>,
    /// Status of the answer.
    status: Option<i32>,
    /// Why there is no status, or why the attempt was repeated.
    reason: Option<String>,
    /// From sending to the answer's last byte.
    duration_ms: f64,
}

/// Where the time went, in milliseconds.
#[derive(Debug, Clone, SimpleObject)]
#[expect(clippy::struct_field_names, reason = "the unit comes last in every name")]
pub struct HttpTimings {
    /// Until the start was durable.
    queued_ms: f64,
    /// Until there was a token.
    token_ms: f64,
    /// Looking up the host, when it was looked up.
    dns_ms: Option<f64>,
    /// Until the answer's head, in the last attempt.
    first_byte_ms: Option<f64>,
    /// From the call to the last byte.
    total_ms: f64,
}

/// Which token was used. Never the token.
#[derive(Debug, Clone, SimpleObject)]
pub struct TokenUse {
    /// Where it came from.
    source: TokenSource,
    /// Keyed fingerprint of the token.
    fingerprint: String,
}

/// One HTTP request made for a caller.
#[derive(Debug, Clone)]
pub struct HttpExchange {
    view: ExchangeView,
    sent: Option<SentRequest>,
    answer: Option<HttpAnswer>,
    /// As told by whoever executed it; else they are looked up.
    positions: Option<Vec<Position>>,
    replayed: bool,
}

impl From<ExchangeView> for HttpExchange {
    fn from(view: ExchangeView) -> Self {
        Self { view, sent: None, answer: None, positions: None, replayed: false }
    }
}

impl From<Execution> for HttpExchange {
    fn from(execution: Execution) -> Self {
        let Execution { exchange, request, answer, positions, replayed } = execution;
        Self { view: exchange, sent: request, answer, positions: Some(positions), replayed }
    }
}

impl HttpExchange {
    fn request_record(&self) -> RecordedHttpRequest {
        let started = &self.view.started;
        let (url, headers) = if let Some(sent) = &self.sent {
            let is_run = started.task.is_some();
            let url = sent.url.to_string();
            let url = if is_run { http_request_task::sent_url(&url) } else { url };
            (url, sent.headers.iter().map(|header| shown(header, is_run)).collect())
        } else {
            let url = format!("{}://{}{}", started.scheme, started.host, started.path);
            (url, started.header_names.iter().map(|name| Header { name: name.clone(), value: None }).collect())
        };
        RecordedHttpRequest {
            method: started.method.clone(),
            url: UrlText(url),
            headers,
            body_size: int(started.body_bytes),
        }
    }

    fn parts(&self) -> Option<(&[domain::Attempt], &domain::Timings, Option<&domain::TokenUse>)> {
        match &self.view.end.as_ref()?.end {
            ExchangeEnd::Completed(end) => Some((&end.attempts, &end.timings, end.token.as_ref())),
            ExchangeEnd::Failed(end) => Some((&end.attempts, &end.timings, end.token.as_ref())),
            ExchangeEnd::OutcomeUnknown(_) => None,
        }
    }

    fn ending(&self) -> Option<HttpExchangeOutcome> {
        Some(match &self.view.end.as_ref()?.end {
            ExchangeEnd::Completed(end) => {
                HttpExchangeOutcome::Response(HttpResponse::of(end, self.answer.as_ref(), self.auth_failure()))
            }
            ExchangeEnd::Failed(end) => match &end.failure {
                ExchangeFailure::Auth(_) => HttpExchangeOutcome::Auth(self.auth_failure()?),
                ExchangeFailure::Transport(failure) => HttpExchangeOutcome::Transport(failure.into()),
            },
            ExchangeEnd::OutcomeUnknown(unknown) => HttpExchangeOutcome::Unknown(unknown.into()),
        })
    }

    /// The auth failure that ended the exchange, if one did.
    pub(super) fn auth_failure(&self) -> Option<AuthFailure> {
        let end = self.view.end.as_ref()?;
        let failure = match &end.end {
            ExchangeEnd::Completed(completed) => completed.auth_failure.clone()?,
            ExchangeEnd::Failed(failed) => match &failed.failure {
                ExchangeFailure::Auth(failure) => failure.clone(),
                ExchangeFailure::Transport(_) => return None,
            },
            ExchangeEnd::OutcomeUnknown(_) => return None,
        };
        Some(AuthFailure {
            id: NodeId::AuthFailureOf(self.view.id),
            position: end.position,
            occurred_at: end.at,
            connection: self.view.started.connection.clone(),
            exchange: Some(self.view.id),
            task: self.view.started.task.clone(),
            trace_id: None,
            failure,
        })
    }

    async fn own_positions(&self, ctx: &Context<'_>) -> Result<Vec<Position>, ApiError> {
        if let Some(positions) = &self.positions {
            return Ok(positions.clone());
        }
        let story = Filter { correlation_id: Some(self.view.id), ..Filter::default() };
        let behind = event_log::Page::after(self.view.position.saturating_sub(1), read::PAGE_EVENTS_MAX);
        let events = Services::of(ctx)?.read(move |conn| read::page(conn, behind, &story)).await?;
        Ok(events.iter().map(|event| event.position).collect())
    }

    async fn trace(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        let at = event_log::Page::after(self.view.position.saturating_sub(1), 1);
        let events = Services::of(ctx)?.read(move |conn| read::page(conn, at, &Filter::default())).await?;
        Ok(events.into_iter().next().and_then(|event| event.trace_id))
    }
}

/// The caller's own header; the value of `Authorization` is shown to nobody. Whoever runs a task does not see what is
/// masked in it.
fn shown(header: &crate::domain::request::Header, is_run: bool) -> Header {
    let is_credential =
        header.name.eq_ignore_ascii_case("authorization") || (is_run && names_a_credential(&header.name));
    let value = if is_credential { "••••".to_owned() } else { header.value.clone() };
    Header { name: header.name.clone(), value: Some(value) }
}

/// One HTTP request made for a caller.
#[Object]
impl HttpExchange {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        NodeId::Exchange(self.view.id).to_id()
    }

    /// Groups the events of the exchange in the audit log.
    async fn correlation_id(&self) -> ID {
        ID(self.view.id.to_string())
    }

    /// Key of the connection that authorised it; null for Auth Type none.
    async fn connection_key(&self) -> Option<KeyText> {
        self.view.started.connection.as_ref().map(KeyText::from)
    }

    /// The connection as it is now; null for Auth Type none and after it was deleted.
    #[graphql(directive = requires_permission::apply(Permission::ViewConnection))]
    async fn connection(&self, ctx: &Context<'_>) -> Fallible<ConnectionProfile> {
        if let Err(refusal) = permission::check(ctx, "HttpExchange") {
            return Some(Err(refusal));
        }
        connection::find(ctx, self.view.started.connection.clone()?).await.transpose()
    }

    /// Key of the HTTP Request Task that it is a run of.
    async fn task_key(&self) -> Option<KeyText> {
        self.view.started.task.as_ref().map(KeyText::from)
    }

    /// The task as it is now; null after it was deleted, and for a request that is no run.
    #[graphql(directive = requires_permission::apply(Permission::ViewHttpRequestTask))]
    async fn task(&self, ctx: &Context<'_>) -> Fallible<HttpRequestTask> {
        if let Err(refusal) = permission::check(ctx, "HttpExchange") {
            return Some(Err(refusal));
        }
        http_request_task::find(ctx, self.view.started.task.clone()?).await.transpose()
    }

    /// When it was recorded that it would be sent.
    async fn started_at(&self) -> DateTime<Utc> {
        self.view.started_at
    }

    /// What was asked for.
    async fn request(&self) -> RecordedHttpRequest {
        self.request_record()
    }

    /// How it ended; null while it is under way.
    async fn outcome(&self) -> Option<HttpExchangeOutcome> {
        self.ending()
    }

    /// Every request that was sent to the API.
    async fn attempts(&self) -> Vec<HttpAttempt> {
        let (attempts, _, _) = self.parts().unwrap_or((&[], &UNMEASURED, None));
        let attempt = |(number, attempt): (i32, &domain::Attempt)| HttpAttempt {
            number,
            started_at: self.view.started_at
                + TimeDelta::microseconds(i64::try_from(attempt.offset_us).unwrap_or_default()),
            status: attempt.status.map(i32::from),
            reason: attempt.reason.clone(),
            duration_ms: ms(attempt.duration_us),
        };
        (1..).zip(attempts).map(attempt).collect()
    }

    /// Which token was used last.
    async fn token(&self) -> Option<TokenUse> {
        let (_, _, token) = self.parts()?;
        token.map(|token| TokenUse { source: token.source.into(), fingerprint: token.fingerprint.clone() })
    }

    /// Where the time went; null while it is under way.
    async fn timings(&self) -> Option<HttpTimings> {
        let (_, timings, _) = self.parts()?;
        Some(HttpTimings {
            queued_ms: ms(timings.queued_us),
            token_ms: ms(timings.token_us),
            dns_ms: timings.dns_us.map(ms),
            first_byte_ms: timings.first_byte_us.map(ms),
            total_ms: ms(timings.total_us),
        })
    }

    /// W3C trace id of the call.
    async fn trace_id(&self, ctx: &Context<'_>) -> Fallible<String> {
        self.trace(ctx).await.transpose()
    }

    /// The same request for a shell, with `$TOKEN` where the token goes. Never a token.
    async fn curl(&self) -> String {
        let uses_token = self.view.started.connection.is_some();
        curl::command(&self.request_record(), uses_token)
    }

    /// Whether an idempotency key named an earlier call, so that nothing was sent this time.
    async fn replayed(&self) -> bool {
        self.replayed
    }

    /// Positions of its events, its token's included, in order.
    async fn positions(&self, ctx: &Context<'_>) -> Result<Vec<SequenceText>, ApiError> {
        Ok(self.own_positions(ctx).await?.into_iter().map(SequenceText::from).collect())
    }
}

static UNMEASURED: domain::Timings =
    domain::Timings { queued_us: 0, token_us: 0, dns_us: None, first_byte_us: None, total_us: 0 };

/// Root fields about exchanges.
#[derive(Default)]
pub struct ExchangeQueries;

#[Object]
impl ExchangeQueries {
    /// The exchange with this id.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    async fn http_exchange(&self, ctx: &Context<'_>, id: ID) -> Fallible<HttpExchange> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        match NodeId::parse(&id) {
            Some(NodeId::Exchange(id)) => find(ctx, id).await.transpose(),
            Some(_) | None => None,
        }
    }

    /// Exchanges, newest first.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn http_exchanges(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<UsageFilter>,
    ) -> Fallible<Page<HttpExchange>> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        match filter.unwrap_or_default().parse() {
            Ok(filter) => Some(list(ctx, &PageArguments { first, after, last, before }, filter).await),
            Err(refusal) => Some(Err(refusal)),
        }
    }
}

/// Reads one exchange.
pub(super) async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<HttpExchange>, ApiError> {
    let view = Services::of(ctx)?.read(move |conn| model::get(conn, id)).await?;
    Ok(view.map(HttpExchange::from))
}

async fn list(
    ctx: &Context<'_>,
    arguments: &PageArguments,
    filter: model::ExchangeFilter,
) -> Result<Page<HttpExchange>, ApiError> {
    let window = arguments.window::<Position>(ListKind::HttpExchanges)?;
    let wanted = window.clone();
    let slice = Services::of(ctx)?.read(move |conn| model::list(conn, &wanted, &filter)).await?;
    Ok(Page::of(ListKind::HttpExchanges, &window, slice, |view| (view.position, HttpExchange::from(view))))
}

#[cfg(test)]
mod tests;
