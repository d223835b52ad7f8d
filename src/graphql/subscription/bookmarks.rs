//! Puts bookmarks between the items of a feed: when it has caught up, and now and then.

use std::pin::Pin;
use std::sync::Arc;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_stream::{Stream, StreamExt};

use super::super::errors::ApiError;
use super::super::ids::{Cursor, ListKind};
use super::super::services::Services;
use super::StreamBookmark;
use crate::clock::Clock;
use crate::event_log::{DatabaseError, EventLog, FeedItem, Filter, Page, Position, StoredEvent, read};

/// What a subscription makes its items of.
pub(super) enum Said {
    /// The next event.
    Event(Arc<StoredEvent>),
    /// How far it is.
    Bookmark(StreamBookmark),
}

struct Follower {
    feed: Pin<Box<dyn Stream<Item = Result<FeedItem, DatabaseError>> + Send>>,
    ticks: Interval,
    log: EventLog,
    clock: Clock,
    filter: Filter,
    list: ListKind,
    /// Everything up to here was said.
    seen: Position,
    /// Whether the feed has caught up once. It may have fallen behind since, and does not say so.
    caught_up: bool,
}

/// Follows the log behind a position; ends only after an error.
pub(super) fn follow(
    services: &Services,
    list: ListKind,
    after: Position,
    filter: Filter,
) -> impl Stream<Item = Result<Said, ApiError>> + Send + use<> {
    let period = services.bookmark_interval;
    let mut ticks = interval_at(Instant::now() + period, period);
    // A slow subscriber wants one bookmark, not all that it missed.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let feed = Box::pin(services.log.feed().follow(after, filter.clone()));
    let (log, clock) = (services.log.clone(), services.clock.clone());
    let follower = Follower { feed, ticks, log, clock, filter, list, seen: after, caught_up: false };
    futures_util::stream::unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await? {
            Ok(said) => Some((Ok(said), Some(follower))),
            Err(error) => Some((Err(error.into()), None)),
        }
    })
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Said, DatabaseError>> {
        // Events first: a bookmark can wait. Dropping the other branch loses nothing, the feed keeps what it has read.
        let item = tokio::select! {
            biased;
            item = self.feed.next() => item?,
            _ = self.ticks.tick() => return Some(self.bookmark().await),
        };
        match item {
            Ok(FeedItem::Event(event)) => {
                self.seen = event.position;
                Some(Ok(Said::Event(event)))
            }
            Ok(FeedItem::CaughtUp(position)) => {
                self.seen = self.seen.max(position);
                self.caught_up = true;
                Some(self.bookmark().await)
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Says how far it is, and that it is live only if the log has nothing newer that is wanted. The log is asked, because
    /// a feed that was caught up and goes back to reading the table does not say so.
    async fn bookmark(&mut self) -> Result<Said, DatabaseError> {
        let head = self.log.feed().head();
        let is_behind = head > self.seen && self.is_wanted_up_to(head).await?;
        if !is_behind {
            self.seen = self.seen.max(head);
        }
        let live = self.caught_up && !is_behind;
        Ok(Said::Bookmark(StreamBookmark { cursor: self.seen.encode(self.list), at: self.clock.now(), live }))
    }

    // Mutable only because a feed can be sent, not shared.
    async fn is_wanted_up_to(&mut self, head: Position) -> Result<bool, DatabaseError> {
        let page = Page { before: Some(head.saturating_add(1)), ..Page::after(self.seen, 1) };
        let filter = self.filter.clone();
        Ok(!self.log.database().run(move |conn| read::page(conn, page, &filter)).await?.is_empty())
    }
}
