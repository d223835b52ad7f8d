//! `subscription { authFailures }`

use async_graphql::{Context, Subscription, Union};
use tokio_stream::{Stream, StreamExt};

use super::super::auth_failure::{AuthFailure, AuthFailureFilter};
use super::super::errors::ApiError;
use super::super::ids::{Cursor, ListKind};
use super::super::pagination::Edge;
use super::super::permission::{self, Permission, requires_permission};
use super::super::services::Services;
use super::bookmarks::{Said, follow};
use super::start::{StreamStartInput, position};
use super::{StreamBookmark, StreamGap};
use crate::event_log::{Filter, Position};
use crate::projections::auth_failures::{self as model, EVENT_TYPES};

/// An item of the stream.
#[derive(Debug, Clone, Union)]
pub enum AuthFailureStreamItem {
    /// The next failure.
    Edge(Edge<AuthFailure>),
    /// How far the stream is.
    Bookmark(StreamBookmark),
    /// Something could not be said.
    Gap(StreamGap),
}

/// Streams of auth failures.
#[derive(Default)]
pub struct AuthFailureSubscription;

#[Subscription]
impl AuthFailureSubscription {
    /// Auth failures, oldest first: from a starting point, then as they come.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    async fn auth_failures(
        &self,
        ctx: &Context<'_>,
        from: Option<StreamStartInput>,
        filter: Option<AuthFailureFilter>,
    ) -> Result<impl Stream<Item = Result<AuthFailureStreamItem, ApiError>> + use<>, ApiError> {
        permission::check(ctx, "Subscription")?;
        let filter = filter.unwrap_or_default().parse()?;
        let after = position(ctx, ListKind::AuthFailures, from).await?;
        let types = Some(EVENT_TYPES.iter().map(|name| (*name).to_owned()).collect());
        let said = follow(Services::of(ctx)?, ListKind::AuthFailures, after, Filter { types, ..Filter::default() });
        let services = Services::of(ctx)?.clone();
        let wanted = move |said| item(said, services.clone(), filter.clone());
        Ok(said.then(wanted).filter_map(|item| item))
    }
}

async fn item(
    said: Result<Said, ApiError>,
    services: Services,
    filter: model::AuthFailureFilter,
) -> Option<Result<AuthFailureStreamItem, ApiError>> {
    match said {
        Ok(Said::Event(event)) => failure(event.position, services, filter).await.transpose(),
        Ok(Said::Bookmark(bookmark)) => Some(Ok(AuthFailureStreamItem::Bookmark(bookmark))),
        Err(error) => Some(Err(error)),
    }
}

/// The failure that an event tells of, if it is one and it is wanted. Read back, because the event alone does not say which
/// task it happened to; the read model moved together with the log.
async fn failure(
    position: Position,
    services: Services,
    filter: model::AuthFailureFilter,
) -> Result<Option<AuthFailureStreamItem>, ApiError> {
    let view = services.read(move |conn| model::get(conn, position)).await?.filter(|view| filter.wants(view));
    Ok(view.map(|view| {
        AuthFailureStreamItem::Edge(Edge {
            cursor: view.position.encode(ListKind::AuthFailures),
            node: AuthFailure::from(view),
        })
    }))
}
