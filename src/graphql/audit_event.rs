//! `AuditEvent`: an event of the log, as auditors read it.

mod filter;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Json, Object, SimpleObject, Value};
use chrono::{DateTime, Utc};

use super::actor::Actor;
use super::errors::{ApiError, Fallible};
use super::ids::{ListKind, NodeId};
use super::pagination::{Page, PageArguments};
use super::permission::{self, Permission, requires_permission};
use super::scalars::{KeyText, SequenceText, int};
use super::services::Services;
use crate::event_log::{self, Filter, Personal, Position, StoredEvent, read};
use crate::projections::Slice;

pub use self::filter::AuditEventFilter;

/// Whether what was tried came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AuditOutcome {
    /// It did.
    Success,
    /// It did not.
    Failure,
    /// Nobody knows.
    Unknown,
}

impl AuditOutcome {
    /// What an event tells of is in its type. A test that found something has come about.
    fn of(event_type: &str) -> Self {
        match event_type {
            "token.request_failed.v1" | "token.rejected.v1" | "exchange.failed.v1" => Self::Failure,
            "exchange.outcome_unknown.v1" | "connection_test.outcome_unknown.v1" => Self::Unknown,
            _ => Self::Success,
        }
    }
}

/// What an event is about.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditTarget {
    /// `connection`, `secret`, `token`, `task`, `exchange` or `test`.
    r#type: String,
    /// Its Key, or the UUID of an exchange or a test.
    id: String,
    /// Its Key; the connection's for a token; null for an exchange or a test.
    key: Option<KeyText>,
    /// Number of its events up to this one.
    version: i32,
}

/// An event of the log.
#[derive(Debug, Clone)]
pub struct AuditEvent(pub(super) Arc<StoredEvent>);

impl AuditEvent {
    async fn personal(&self, ctx: &Context<'_>) -> Result<Option<Personal>, ApiError> {
        Ok(Services::of(ctx)?.log.personal(Arc::clone(&self.0)).await?)
    }

    fn payload(&self) -> Result<Json<Value>, ApiError> {
        serde_json::from_str(self.0.payload.get()).map(Json).map_err(|error| ApiError::internal(&error))
    }
}

/// An event of the log.
#[Object]
impl AuditEvent {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        NodeId::AuditEvent(self.0.position).to_id()
    }

    /// Place in the whole log: 1, 2, 3, … without a hole.
    async fn sequence(&self) -> SequenceText {
        self.0.position.into()
    }

    /// The event's own UUID, which `causationId` of other events refers to.
    async fn event_id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Persisted name, its version included.
    async fn r#type(&self) -> &str {
        &self.0.event_type
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// When it was stored.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// Who caused it.
    async fn actor(&self) -> Actor {
        Actor::of_event(Arc::clone(&self.0))
    }

    /// Whether what was tried came about.
    async fn outcome(&self) -> AuditOutcome {
        AuditOutcome::of(&self.0.event_type)
    }

    /// What it is about.
    async fn target(&self) -> AuditTarget {
        let stream = self.0.stream.to_string();
        let (category, id) = stream.split_once('/').unwrap_or((&stream, ""));
        AuditTarget {
            r#type: category.to_owned(),
            id: id.to_owned(),
            key: self.0.stream.key().map(KeyText::from),
            version: int(self.0.version),
        }
    }

    /// What it says.
    async fn data(&self) -> Fallible<Json<Value>> {
        Some(self.payload())
    }

    /// Address of the caller; null when there was none, or when it was erased.
    async fn source_ip(&self, ctx: &Context<'_>) -> Fallible<String> {
        self.personal(ctx).await.map(|personal| personal?.source_ip).transpose()
    }

    /// What the caller said it was; null when it said nothing, or when it was erased.
    async fn user_agent(&self, ctx: &Context<'_>) -> Fallible<String> {
        self.personal(ctx).await.map(|personal| personal?.user_agent).transpose()
    }

    /// The request that reached Latchkey.
    async fn request_id(&self) -> Option<String> {
        self.0.request_id.map(|id| id.to_string())
    }

    /// W3C trace id.
    async fn trace_id(&self) -> Option<&String> {
        self.0.trace_id.as_ref()
    }

    /// Groups all events of one story.
    async fn correlation_id(&self) -> ID {
        ID(self.0.correlation_id.to_string())
    }

    /// The event that led to this one.
    async fn causation_id(&self) -> Option<ID> {
        self.0.causation_id.map(|id| ID(id.to_string()))
    }

    /// The leaf of the Merkle tree: `SHA-256(0x00 || record)` in hexadecimal.
    async fn hash(&self) -> String {
        hex::encode(self.0.leaf_hash)
    }
}

/// Root fields about the log.
#[derive(Default)]
pub struct AuditEventQueries;

#[Object]
impl AuditEventQueries {
    /// Events of the log, oldest first.
    #[graphql(directive = requires_permission::apply(Permission::ListAuditEvent))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<AuditEventFilter>,
    ) -> Fallible<Page<AuditEvent>> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        let filter = match filter.unwrap_or_default().parse() {
            Ok(filter) => filter,
            Err(refusal) => return Some(Err(refusal)),
        };
        Some(audit_events(ctx, &PageArguments { first, after, last, before }, filter).await)
    }
}

/// Reads a page of events, oldest first.
pub(super) async fn audit_events(
    ctx: &Context<'_>,
    arguments: &PageArguments,
    filter: Filter,
) -> Result<Page<AuditEvent>, ApiError> {
    let window = arguments.window::<Position>(ListKind::AuditEvents)?;
    let page = event_log::Page {
        after: window.after.unwrap_or_default(),
        before: window.before,
        descending: window.from_end,
        limit: window.limit.saturating_add(1),
    };
    let mut events = Services::of(ctx)?.read(move |conn| read::page(conn, page, &filter)).await?;
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let has_more = events.len() > limit;
    events.truncate(limit);
    if window.from_end {
        events.reverse();
    }
    let slice = Slice { rows: events, has_more };
    Ok(Page::of(ListKind::AuditEvents, &window, slice, |event| (event.position, AuditEvent(Arc::new(event)))))
}

/// Reads one event.
pub(super) async fn find(ctx: &Context<'_>, position: Position) -> Result<Option<AuditEvent>, ApiError> {
    let Some(before) = position.checked_sub(1) else { return Ok(None) };
    let page = event_log::Page { before: position.checked_add(1), ..event_log::Page::after(before, 1) };
    let events = Services::of(ctx)?.read(move |conn| read::page(conn, page, &Filter::default())).await?;
    Ok(events.into_iter().next().map(|event| AuditEvent(Arc::new(event))))
}
