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
use crate::event_log::{Filter, StoredEvent};
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
        let types = EVENT_TYPES.iter().map(|name| (*name).to_owned()).collect();
        let said = follow(Services::of(ctx)?, ListKind::AuthFailures, after, Filter { types, ..Filter::default() });
        Ok(said.filter_map(move |said| item(said, &filter)))
    }
}

fn item(
    said: Result<Said, ApiError>,
    filter: &model::AuthFailureFilter,
) -> Option<Result<AuthFailureStreamItem, ApiError>> {
    match said {
        Ok(Said::Event(event)) => failure(&event, filter).transpose(),
        Ok(Said::Bookmark(bookmark)) => Some(Ok(AuthFailureStreamItem::Bookmark(bookmark))),
        Err(error) => Some(Err(error)),
    }
}

fn failure(event: &StoredEvent, filter: &model::AuthFailureFilter) -> Result<Option<AuthFailureStreamItem>, ApiError> {
    let view = model::of_event(event, &event.event()?).filter(|view| filter.wants(view));
    Ok(view.map(|view| {
        AuthFailureStreamItem::Edge(Edge {
            cursor: view.position.encode(ListKind::AuthFailures),
            node: AuthFailure::from(view),
        })
    }))
}
