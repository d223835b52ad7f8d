//! Read models: what the log means right now, kept in tables that move in the append's own transaction.
//!
//! Deliberately absent: writing to the log. Every table here but six can be dropped and rebuilt from the log
//! (`rebuild`); the six are sealed values of secrets and of tasks, sealed tokens, sealed answers, idempotency keys and
//! sessions, which are kept out of the log on purpose.

pub mod auth_failures;
pub mod connection_states;
pub mod connection_tests;
pub mod connection_uses;
pub mod connections;
pub mod directory;
pub mod exchanges;
pub mod idempotency;
pub mod metadata_changes;
pub mod rebuild;
pub mod sealed_answers;
pub mod sealed_tokens;
pub mod secret_uses;
pub mod secret_values;
pub mod secrets;
pub mod sessions;
pub mod standings;
mod tables;
pub mod task_values;
pub mod tasks;
pub mod token_status;
pub mod usage;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use directory::Directory;

use crate::event_log::{Conn, DatabaseError, Projector, RecordedEvent};

/// All read models as one: the tables, and the directory that is kept in memory.
pub struct ReadModels {
    directory: Arc<Directory>,
}

impl ReadModels {
    /// Read models with a directory that was loaded from the tables.
    pub fn new(directory: Arc<Directory>) -> Self {
        Self { directory }
    }
}

impl Projector for ReadModels {
    fn project(&self, conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
        project(conn, events)
    }

    fn committed(&self, events: &[RecordedEvent]) {
        self.directory.apply(events);
    }
}

/// Applies events to every table.
///
/// # Errors
/// The database failed.
pub fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    connections::project(conn, events)?;
    connection_tests::project(conn, events)?;
    connection_states::project(conn, events)?;
    metadata_changes::project(conn, events)?;
    secrets::project(conn, events)?;
    secret_uses::project(conn, events)?;
    tasks::project(conn, events)?;
    exchanges::project(conn, events)?;
    connection_uses::project(conn, events)?;
    let runs = exchanges::runs_behind(conn, events)?;
    auth_failures::project(conn, events, &runs)?;
    usage::project(conn, events, &runs)?;
    sealed_tokens::project(conn, events)
}

/// A Relay window over rows that are ordered by one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window<C> {
    /// Behind this one.
    pub after: Option<C>,
    /// Before this one.
    pub before: Option<C>,
    /// Take from the end: `last` instead of `first`.
    pub from_end: bool,
    /// Most rows.
    pub limit: u32,
}

/// Rows of a window, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are rows beyond the end that was cut.
    pub has_more: bool,
}

impl<T> Slice<T> {
    /// Cuts one row more than the window was asked for: the sign that there is more.
    fn cut(mut rows: Vec<T>, limit: u32, from_end: bool) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        if from_end {
            rows.reverse();
        }
        Self { rows, has_more }
    }
}

/// A pattern that finds a text as it is, in texts of lower case.
fn like_pattern(text: &str) -> String {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn to_json(value: &impl Serialize) -> Result<String, DatabaseError> {
    serde_json::to_string(value).map_err(|error| DatabaseError::Corrupt(error.to_string()))
}

fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(text).map_err(|error| DatabaseError::Corrupt(format!("{what}: {error}")))
}

fn from_micros(column: i64) -> Result<DateTime<Utc>, DatabaseError> {
    DateTime::from_timestamp_micros(column).ok_or_else(|| DatabaseError::Corrupt(format!("the time {column}")))
}
