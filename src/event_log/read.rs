//! Reading the log: its head, a stream, a page.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::dsl::{max, min};
use diesel::prelude::*;
use uuid::Uuid;

use super::database::on;
use super::merkle::{Frontier, Hash};
use super::tables::{events, log_head};
use super::{Conn, DatabaseError, Position, StoredEvent};
use crate::domain::{ActorType, StreamId};

/// Most events that one page holds.
pub const PAGE_EVENTS_MAX: u32 = 1_000;

/// The newest state of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of events, and position of the last one.
    pub size: Position,
    /// Root of the tree.
    pub root: Hash,
    /// For going on.
    pub frontier: Frontier,
}

/// Which events a reader wants. Empty lists mean all, but for `types`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Persisted names; `None` means all of them, and an empty list no event at all.
    pub types: Option<Vec<String>>,
    /// Streams.
    pub streams: Vec<String>,
    /// Ids of those who caused them.
    pub actors: Vec<String>,
    /// What those are.
    pub actor_types: Vec<ActorType>,
    /// One story.
    pub correlation_id: Option<Uuid>,
    /// Recorded at or after.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub to: Option<DateTime<Utc>>,
}

impl Filter {
    /// Whether an event is wanted: the same answer as the query gives.
    pub fn wants(&self, event: &StoredEvent) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(&event.event_type))
            && (self.streams.is_empty() || self.streams.contains(&event.stream.to_string()))
            && (self.actors.is_empty() || self.actors.contains(&event.actor.id))
            && (self.actor_types.is_empty() || self.actor_types.contains(&event.actor.r#type))
            && self.correlation_id.is_none_or(|id| id == event.correlation_id)
            && self.from.is_none_or(|from| event.recorded_at >= from)
            && self.to.is_none_or(|to| event.recorded_at < to)
    }
}

/// A window on the log: positions strictly between `after` and `before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Start behind this position; 0 is the beginning.
    pub after: Position,
    /// End before this position; `None` is the end.
    pub before: Option<Position>,
    /// Newest first, when set.
    pub descending: bool,
    /// Most events; capped at [`PAGE_EVENTS_MAX`].
    pub limit: u32,
}

impl Page {
    /// The events behind a position, oldest first.
    pub fn after(after: Position, limit: u32) -> Self {
        Self { after, before: None, descending: false, limit }
    }
}

type EventRow = (i64, Vec<u8>, Vec<u8>);

/// Reads the head.
pub fn head(conn: &mut Conn<'_>) -> Result<Head, DatabaseError> {
    let query = log_head::table.find(1).select((log_head::size, log_head::root, log_head::frontier));
    let (size, root, frontier): (i64, Vec<u8>, Vec<u8>) = on!(conn, |c| query.get_result(c))?;
    let size = from_column(size)?;
    let frontier = Frontier::parse(size, &frontier).map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
    Ok(Head { size, root: hash(&root)?, frontier })
}

/// Reads the frontier and keeps every other writer out until the transaction ends.
pub(super) fn lock_head(conn: &mut Conn<'_>) -> Result<Frontier, DatabaseError> {
    let columns = (log_head::size, log_head::frontier);
    let (size, frontier): (i64, Vec<u8>) = match conn {
        // BEGIN IMMEDIATE has locked the whole file already.
        Conn::Sqlite(c) => log_head::table.find(1).select(columns).get_result(*c)?,
        Conn::Postgres(c) => log_head::table.find(1).select(columns).for_update().get_result(*c)?,
    };
    Frontier::parse(from_column(size)?, &frontier).map_err(|error| DatabaseError::Corrupt(error.to_string()))
}

/// Number of events in a stream.
pub(super) fn stream_version(conn: &mut Conn<'_>, stream: &StreamId) -> Result<u32, DatabaseError> {
    // No `first`: SQLite prepares a statement with a bound LIMIT anew at every run, cached or not.
    let query = events::table.filter(events::stream.eq(stream.to_string())).select(max(events::version));
    let version: Option<i64> = on!(conn, |c| query.get_result(c))?;
    let wrong = |_| DatabaseError::Corrupt(format!("the version of stream {stream}"));
    u32::try_from(version.unwrap_or(0)).map_err(wrong)
}

/// Reads a whole stream, oldest first.
pub fn stream(conn: &mut Conn<'_>, stream: &StreamId) -> Result<Vec<StoredEvent>, DatabaseError> {
    let query = events::table.filter(events::stream.eq(stream.to_string())).order(events::version.asc()).select((
        events::position,
        events::record,
        events::leaf_hash,
    ));
    let rows: Vec<EventRow> = on!(conn, |c| query.load(c))?;
    rows.into_iter().map(parse).collect()
}

/// Reads the event of a stream that made it this version.
pub fn version(conn: &mut Conn<'_>, stream: &StreamId, version: u32) -> Result<Option<StoredEvent>, DatabaseError> {
    let query = events::table
        .filter(events::stream.eq(stream.to_string()).and(events::version.eq(i64::from(version))))
        .select((events::position, events::record, events::leaf_hash));
    let rows: Vec<EventRow> = on!(conn, |c| query.load(c))?;
    rows.into_iter().next().map(parse).transpose()
}

/// The types that the log has events of: as many look-ups in an index as there are types.
fn types(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    let mut types: Vec<String> = Vec::new();
    loop {
        let last = types.last().map_or("", String::as_str);
        let query = events::table.filter(events::type_.gt(last)).select(min(events::type_));
        let next: Option<String> = on!(conn, |c| query.get_result(c))?;
        match next {
            Some(next) => types.push(next),
            None => return Ok(types),
        }
    }
}

/// Reads one page of the log.
///
/// Of streams each is asked by itself: within one the order of positions is that of versions, which an index has, so the end
/// of a long stream is as near as its beginning. And who wants the events of an actor is asked by type as well, wanted or
/// not: of each actor and type an index has the positions in order. Either way the database takes a page's length from each
/// and never sorts all that there is.
pub fn page(conn: &mut Conn<'_>, page: Page, filter: &Filter) -> Result<Vec<StoredEvent>, DatabaseError> {
    let by_actor = !(filter.actors.is_empty() && filter.actor_types.is_empty());
    let types = if by_actor && filter.types.is_none() { Some(types(conn)?) } else { filter.types.clone() };
    let page = Page { limit: page.limit.min(PAGE_EVENTS_MAX), ..page };
    let mut rows: Vec<EventRow> = Vec::new();
    for stream in filter.streams.iter().collect::<BTreeSet<_>>() {
        rows.extend(part(conn, page, (filter, types.as_deref()), Some(stream))?);
    }
    if filter.streams.is_empty() {
        rows = part(conn, page, (filter, types.as_deref()), None)?;
    }
    rows.sort_unstable_by_key(|(position, ..)| if page.descending { position.saturating_neg() } else { *position });
    rows.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    rows.into_iter().map(parse).collect()
}

/// The rows of a page in one stream, or in the whole log.
fn part(
    conn: &mut Conn<'_>,
    page: Page,
    (filter, types): (&Filter, Option<&[String]>),
    stream: Option<&String>,
) -> Result<Vec<EventRow>, DatabaseError> {
    let after = to_column(page.after)?;
    let before = page.before.map(to_column).transpose()?;
    let actor_types: Vec<&str> = filter.actor_types.iter().map(|actor_type| actor_type.name()).collect();
    Ok(on!(conn, |c| {
        let mut query = events::table
            .filter(events::position.gt(after))
            .select((events::position, events::record, events::leaf_hash))
            .limit(page.limit.into())
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(events::position.lt(before));
        }
        if let Some(types) = types {
            query = query.filter(events::type_.eq_any(types));
        }
        if !filter.actors.is_empty() {
            query = query.filter(events::actor_id.eq_any(&filter.actors));
        }
        if !actor_types.is_empty() {
            query = query.filter(events::actor_type.eq_any(&actor_types));
        }
        if let Some(id) = &filter.correlation_id {
            query = query.filter(events::correlation_id.eq(id.as_bytes().as_slice()));
        }
        if let Some(from) = filter.from {
            query = query.filter(events::recorded_at.ge(from.timestamp_micros()));
        }
        if let Some(to) = filter.to {
            query = query.filter(events::recorded_at.lt(to.timestamp_micros()));
        }
        query = match (stream, page.descending) {
            (Some(stream), true) => query.filter(events::stream.eq(stream)).order(events::version.desc()),
            (Some(stream), false) => query.filter(events::stream.eq(stream)).order(events::version.asc()),
            (None, true) => query.order(events::position.desc()),
            (None, false) => query.order(events::position.asc()),
        };
        query.load(c)?
    }))
}

/// Positions of events whose columns, by which they are found, do not say what their records say.
///
/// # Errors
/// The database failed.
pub fn misfiled(conn: &mut Conn<'_>, records: &[StoredEvent]) -> Result<Vec<Position>, DatabaseError> {
    type Columns = (i64, String, i64, String, i64, Vec<u8>, String, String);
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(Vec::new()) };
    let query = events::table
        .filter(events::position.between(to_column(first.position)?, to_column(last.position)?))
        .order(events::position.asc())
        .select((
            events::position,
            events::stream,
            events::version,
            events::type_,
            events::recorded_at,
            events::correlation_id,
            events::actor_type,
            events::actor_id,
        ));
    let rows: Vec<Columns> = on!(conn, |c| query.load(c))?;
    let mut misfiled = Vec::new();
    for (row, record) in rows.into_iter().zip(records) {
        let said = (
            to_column(record.position)?,
            record.stream.to_string(),
            i64::from(record.version),
            record.event_type.clone(),
            record.recorded_at.timestamp_micros(),
            record.correlation_id.as_bytes().to_vec(),
            record.actor.r#type.name().to_owned(),
            record.actor.id.clone(),
        );
        if row != said {
            misfiled.push(record.position);
        }
    }
    Ok(misfiled)
}

/// The position before the first event that was recorded at or after a moment: reading behind it misses none of them.
///
/// Where the clock went back, events that say an earlier time may come behind it, too.
pub fn position_before(conn: &mut Conn<'_>, time: DateTime<Utc>) -> Result<Position, DatabaseError> {
    // The order is that of positions: the one with the earliest time need not be the first.
    let query = events::table.filter(events::recorded_at.ge(time.timestamp_micros())).select(min(events::position));
    let first: Option<i64> = on!(conn, |c| query.first(c))?;
    match first {
        Some(position) => Ok(from_column(position)?.saturating_sub(1)),
        None => Ok(head(conn)?.size),
    }
}

fn parse((position, record, leaf_hash): EventRow) -> Result<StoredEvent, DatabaseError> {
    StoredEvent::parse(from_column(position)?, record, hash(&leaf_hash)?)
}

fn hash(bytes: &[u8]) -> Result<Hash, DatabaseError> {
    bytes.try_into().map_err(|_| DatabaseError::Corrupt("a hash that is not 32 bytes long".to_owned()))
}

/// A position as a column: databases have signed integers only.
pub fn to_column(position: Position) -> Result<i64, DatabaseError> {
    i64::try_from(position).map_err(|_| DatabaseError::Corrupt(format!("position {position} is beyond 2^63")))
}

/// A column as a position.
pub fn from_column(column: i64) -> Result<Position, DatabaseError> {
    u64::try_from(column).map_err(|_| DatabaseError::Corrupt(format!("negative position {column}")))
}
