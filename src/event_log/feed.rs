//! Following the log: first what is there, then what comes, with no gap and no duplicate.
//!
//! The truth is the table. The newest events are also kept in memory, because everyone who follows wants the same ones
//! at the same moment. A follower asks for the next page when it has room for it, so a slow one costs nobody anything:
//! it falls back to reading the table.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;

use super::{Database, DatabaseError, Filter, Page, Position, RecordedEvent, StoredEvent, read};

/// Newest events kept in memory.
const TAIL_EVENTS_MAX: usize = 4_096;
/// Events read from the table at once.
const PAGE_EVENTS: u32 = 256;

/// Tells who follows the log of new events. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    database: Database,
    head: watch::Sender<Position>,
    // A std lock: held for a copy of pointers, never across an await.
    tail: Arc<RwLock<VecDeque<Arc<StoredEvent>>>>,
}

/// What a follower gets.
#[derive(Debug, Clone)]
pub enum FeedItem {
    /// The next event.
    Event(Arc<StoredEvent>),
    /// Everything up to this position was looked at: from here on it is live. Said after each catching up.
    CaughtUp(Position),
}

impl Feed {
    pub(super) fn new(database: Database, head: Position) -> Self {
        Self { database, head: watch::Sender::new(head), tail: Arc::default() }
    }

    /// Position of the newest event.
    pub fn head(&self) -> Position {
        *self.head.borrow()
    }

    /// Adds events that are durable.
    pub(super) fn publish(&self, events: Vec<RecordedEvent>) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let (first, last) = (first.stored.position, last.stored.position);
        {
            let mut tail = self.tail.write().unwrap_or_else(PoisonError::into_inner);
            // Another process may have appended in between. The tail is looked up by distance, so it must have no hole.
            if tail.back().is_some_and(|newest| newest.position.saturating_add(1) != first) {
                tail.clear();
            }
            tail.extend(events.into_iter().map(|event| event.stored));
            let surplus = tail.len().saturating_sub(TAIL_EVENTS_MAX);
            tail.drain(..surplus);
        }
        self.head.send_replace(last);
    }

    /// Follows the log behind a position, for ever; ends only after an error.
    pub fn follow(
        &self,
        after: Position,
        filter: Filter,
    ) -> impl Stream<Item = Result<FeedItem, DatabaseError>> + Send + use<> {
        let follower = Follower {
            feed: self.clone(),
            head: self.head.subscribe(),
            filter,
            seen: after,
            page: VecDeque::new(),
            live: false,
        };
        unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(item) => Some((Ok(item), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// Events behind `after` up to `head` from memory; `None` when memory does not reach back that far.
    fn newest_behind(&self, after: Position, head: Position, filter: &Filter) -> Option<VecDeque<Arc<StoredEvent>>> {
        let tail = self.tail.read().unwrap_or_else(PoisonError::into_inner);
        let first = tail.front()?.position;
        if first > after.saturating_add(1) {
            return None;
        }
        let skip = usize::try_from(after.saturating_add(1).saturating_sub(first)).ok()?;
        let wanted = tail.iter().skip(skip).filter(|event| event.position <= head && filter.wants(event));
        Some(wanted.cloned().collect())
    }
}

struct Follower {
    feed: Feed,
    head: watch::Receiver<Position>,
    filter: Filter,
    /// Everything up to here was delivered or is in `page`, or is not wanted.
    seen: Position,
    page: VecDeque<Arc<StoredEvent>>,
    live: bool,
}

impl Follower {
    async fn next(&mut self) -> Result<FeedItem, DatabaseError> {
        loop {
            if let Some(event) = self.page.pop_front() {
                return Ok(FeedItem::Event(event));
            }
            let head = *self.head.borrow_and_update();
            if head > self.seen {
                self.fetch(head).await?;
            } else if self.live {
                // The sender lives in the feed that this follower holds, so this can only mean "something new".
                if self.head.changed().await.is_err() {
                    return Err(DatabaseError::Open("the event log is closed".to_owned()));
                }
            } else {
                self.live = true;
                return Ok(FeedItem::CaughtUp(self.seen));
            }
        }
    }

    async fn fetch(&mut self, head: Position) -> Result<(), DatabaseError> {
        if let Some(events) = self.feed.newest_behind(self.seen, head, &self.filter) {
            self.page = events;
            self.seen = head;
            return Ok(());
        }
        self.live = false;
        let window = Page { before: Some(head.saturating_add(1)), ..Page::after(self.seen, PAGE_EVENTS) };
        let filter = self.filter.clone();
        let events = self.feed.database.run(move |conn| read::page(conn, window, &filter)).await?;
        let is_last = u32::try_from(events.len()).is_ok_and(|count| count < PAGE_EVENTS);
        self.seen = match events.last() {
            Some(last) if !is_last => last.position,
            Some(_) | None => head,
        };
        self.page = events.into_iter().map(Arc::new).collect();
        Ok(())
    }
}
