//! Puts bookmarks between the items of a feed: when it has caught up, and now and then.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::super::errors::ApiError;
use super::super::ids::{Cursor, ListKind};
use super::super::services::Services;
use super::StreamBookmark;
use crate::clock::Clock;
use crate::event_log::{DatabaseError, FeedItem, Filter, Position, StoredEvent};

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
    clock: Clock,
    list: ListKind,
    /// Everything up to here was said.
    seen: Position,
    live: bool,
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
    let feed = Box::pin(services.log.feed().follow(after, filter));
    let follower = Follower { feed, ticks, clock: services.clock.clone(), list, seen: after, live: false };
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
            _ = self.ticks.tick() => return Some(Ok(Said::Bookmark(self.bookmark()))),
        };
        Some(item.map(|item| match item {
            FeedItem::Event(event) => {
                self.seen = event.position;
                Said::Event(event)
            }
            FeedItem::CaughtUp(position) => {
                self.seen = self.seen.max(position);
                self.live = true;
                Said::Bookmark(self.bookmark())
            }
        }))
    }

    fn bookmark(&self) -> StreamBookmark {
        StreamBookmark { cursor: self.seen.encode(self.list), at: self.clock.now(), live: self.live }
    }
}
