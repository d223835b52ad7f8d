//! `subscription { auditEvents }`

use async_graphql::{Context, Subscription, Union};
use tokio_stream::{Stream, StreamExt};

use super::super::audit_event::{AuditEvent, AuditEventFilter};
use super::super::errors::ApiError;
use super::super::ids::{Cursor, ListKind};
use super::super::pagination::Edge;
use super::super::permission::{self, Permission, requires_permission};
use super::super::services::Services;
use super::bookmarks::{Said, follow};
use super::start::{StreamStartInput, position};
use super::{StreamBookmark, StreamGap};

/// An item of the stream.
#[derive(Debug, Clone, Union)]
pub enum AuditEventStreamItem {
    /// The next event.
    Edge(Edge<AuditEvent>),
    /// How far the stream is.
    Bookmark(StreamBookmark),
    /// Something could not be said.
    Gap(StreamGap),
}

/// Streams of the log.
#[derive(Default)]
pub struct AuditEventSubscription;

#[Subscription]
impl AuditEventSubscription {
    /// Events of the log, oldest first: from a starting point, then as they come.
    #[graphql(directive = requires_permission::apply(Permission::ListAuditEvent))]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        from: Option<StreamStartInput>,
        filter: Option<AuditEventFilter>,
    ) -> Result<impl Stream<Item = Result<AuditEventStreamItem, ApiError>> + use<>, ApiError> {
        permission::check(ctx, "Subscription")?;
        let filter = filter.unwrap_or_default().parse()?;
        let after = position(ctx, ListKind::AuditEvents, from).await?;
        let said = follow(Services::of(ctx)?, ListKind::AuditEvents, after, filter);
        Ok(said.map(|said| {
            said.map(|said| match said {
                Said::Event(event) => AuditEventStreamItem::Edge(Edge {
                    cursor: event.position.encode(ListKind::AuditEvents),
                    node: AuditEvent(event),
                }),
                Said::Bookmark(bookmark) => AuditEventStreamItem::Bookmark(bookmark),
            })
        }))
    }
}
