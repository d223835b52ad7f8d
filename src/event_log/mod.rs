//! The append-only log: the one place where facts become durable, and the truth that everything else is derived from.
//!
//! What it promises (`docs/architecture.md` says how each promise is kept):
//! gapless positions in commit order · a typed conflict when an expected version does not hold · an acknowledged
//! append is on disk · the Merkle tree over the stored bytes moves in the same transaction, and so do the read models.
//!
//! Deliberately absent: business rules. What an event means is known to `domain` and to whoever projects it.

pub mod append;
pub mod database;
pub mod encryption;
pub mod feed;
pub mod merkle;
mod personal;
pub mod read;
pub mod record;
mod tables;
mod writer;

use std::sync::Arc;

pub use append::{Alongside, Append, AppendError, Appended, Expected, NewEvent, Projector};
pub use database::{Conn, Database, DatabaseError, Synchronous};
pub use feed::{Feed, FeedItem};
pub use merkle::Frontier;
pub use read::{Filter, Page};
pub use record::{Personal, Provenance, RecordedEvent, StoredEvent};

use crate::clock::Clock;
use crate::crypto::KeyRing;

/// Position of an event in the whole log: 1, 2, 3, … without a hole.
pub type Position = u64;

/// The log: append, read, follow. Cheap to clone.
#[derive(Clone)]
pub struct EventLog {
    database: Database,
    keys: Arc<KeyRing>,
    feed: Feed,
    writer: writer::Handle,
}

/// Everything that the log needs from outside.
pub struct LogSettings {
    /// Where the events are kept.
    pub database: Database,
    /// Seals personal fields.
    pub keys: Arc<KeyRing>,
    /// Stamps events.
    pub clock: Clock,
    /// Moves the read models in the append's transaction.
    pub projector: Arc<dyn Projector>,
}

impl EventLog {
    /// Opens the log and starts its writer.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn open(settings: LogSettings) -> Result<Self, DatabaseError> {
        let LogSettings { database, keys, clock, projector } = settings;
        let head = database.read(read::head)?;
        let feed = Feed::new(database.clone(), head.size);
        let writer = writer::start(writer::Settings {
            database: database.clone(),
            keys: Arc::clone(&keys),
            clock,
            projector,
            feed: feed.clone(),
        })?;
        Ok(Self { database, keys, feed, writer })
    }

    /// Appends events to one stream; returns when they are durable and every read model has seen them.
    ///
    /// The append is carried out even when the returned future is dropped.
    ///
    /// # Errors
    /// See [`AppendError`]: nothing of the append is on the log, except where it says so.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.writer.append(append).await
    }

    /// The database, for read models.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Follows the log.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Opens the personal fields of an event; `None` when there are none or their subject was erased.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn personal(&self, event: Arc<StoredEvent>) -> Result<Option<Personal>, DatabaseError> {
        let keys = Arc::clone(&self.keys);
        self.database.run(move |conn| personal::open(conn, &keys, &event)).await
    }

    /// Whether appends are still accepted: not after a close, nor after the disk failed to flush.
    pub fn is_open(&self) -> bool {
        self.writer.is_open()
    }

    /// Waits until appends are no longer accepted. Without a close, that means that the disk can't be trusted or that the
    /// writer broke: the process should end, so that the next start recovers from what is on the disk.
    pub async fn ended(&self) {
        self.writer.ended().await;
    }

    /// Ends the writer after the appends that it has accepted.
    pub async fn close(&self) {
        self.writer.close().await;
    }
}
