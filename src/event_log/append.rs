//! Appending: what callers ask for, and the one transaction in which a batch of it becomes fact.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::database::on;
use super::merkle::{Frontier, leaf_hash};
use super::personal::Sealer;
use super::record::{ActorId, RECORD_FORMAT, Record};
use super::tables::{events, log_head};
use super::{Conn, DatabaseError, Position, Provenance, RecordedEvent, StoredEvent, read};
use crate::domain::{Event, StreamId};

/// Rows of one INSERT statement: SQLite takes 32,766 bound values, ten a row.
const ROWS_PER_STATEMENT: usize = 2_000;

/// A wish to append events to one stream.
pub struct Append {
    /// Where to.
    pub stream: StreamId,
    /// What the stream must look like.
    pub expected: Expected,
    /// At least one.
    pub events: Vec<NewEvent>,
    /// Who asked for it.
    pub provenance: Arc<Provenance>,
    /// Checks and writes that must hold or fail together with the events.
    pub alongside: Option<Alongside>,
}

/// An event that has no place yet.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// `UUIDv7`, chosen by the caller.
    pub id: Uuid,
    /// What happened.
    pub event: Event,
}

/// What a stream must look like for an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// At exactly this version; 0 for a stream without events.
    Version(u32),
    /// Anything: facts from outside, which nothing decided upon.
    Any,
}

/// Runs in the append's transaction before the events are written; an `Err` refuses the append and undoes the writes.
pub type Alongside = Box<dyn FnOnce(&mut Conn<'_>) -> Result<(), Refusal> + Send>;

/// Why an [`Alongside`] refuses.
pub enum Refusal {
    /// By a rule: the caller gets its own error back, to be downcast.
    Rule(Box<dyn std::error::Error + Send + Sync>),
    /// The database failed: so does the whole batch.
    Database(DatabaseError),
}

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What an append became.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The events with their places, in order.
    pub events: Vec<RecordedEvent>,
}

impl Appended {
    /// Positions of the events.
    pub fn positions(&self) -> Vec<Position> {
        self.events.iter().map(|event| event.stored.position).collect()
    }

    /// Version of the stream after the append.
    pub fn version(&self) -> u32 {
        self.events.last().map_or(0, |event| event.stored.version)
    }
}

/// Why an append did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else was faster: read the stream again and decide anew.
    #[error("the stream is at version {current}")]
    Conflict {
        /// The version now.
        current: u32,
    },
    /// The check alongside refused; the source is its own error.
    #[error("refused by a rule")]
    Refused(Box<dyn std::error::Error + Send + Sync>),
    /// Too many appends are waiting: try again in a moment.
    #[error("the event log is busy: too many appends are waiting")]
    Busy,
    /// The database failed; nothing of the append is on the log.
    #[error("the event log can't be written")]
    Unavailable(#[source] Arc<DatabaseError>),
    /// The writer has ended; nothing of the append is on the log unless it was accepted before a crash of the disk.
    #[error("the event log is closed")]
    Closed,
}

/// Read models that move in the append's own transaction.
pub trait Projector: Send + Sync {
    /// Applies events, in order, to the tables. Whatever fails here fails the appends.
    ///
    /// # Errors
    /// The database failed, or an event can't be understood: then nothing is appended, rather than a model left behind.
    fn project(&self, conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError>;

    /// Is told of events that are durable, before their appends are answered.
    fn committed(&self, events: &[RecordedEvent]);
}

/// What happened to each append of a batch, in order, and all their events in the order of their positions.
pub(super) struct Outcome {
    pub answers: Vec<Result<Appended, AppendError>>,
    pub events: Vec<RecordedEvent>,
}

/// Runs a whole batch in the transaction that is open on `conn`.
pub(super) fn run_batch(
    conn: &mut Conn<'_>,
    tools: &mut Tools<'_>,
    batch: Vec<Append>,
) -> Result<Outcome, DatabaseError> {
    let head = read::lock_head(conn)?;
    let mut run = Batch { tools, frontier: head, versions: HashMap::new(), pending: Vec::new(), events: Vec::new() };
    let mut answers = Vec::with_capacity(batch.len());
    for append in batch {
        answers.push(run.append(conn, append)?);
    }
    run.flush(conn)?;
    let Batch { frontier, events, .. } = run;
    if !events.is_empty() {
        write_head(conn, &frontier)?;
    }
    Ok(Outcome { answers, events })
}

/// What a batch needs besides the connection.
pub(super) struct Tools<'a> {
    pub sealer: &'a mut Sealer,
    pub projector: &'a dyn Projector,
    pub now: DateTime<Utc>,
}

struct Batch<'a, 't> {
    tools: &'a mut Tools<'t>,
    frontier: Frontier,
    versions: HashMap<StreamId, u32>,
    /// Encoded but not written: consecutive appends share one INSERT and one pass over the read models.
    pending: Vec<RecordedEvent>,
    events: Vec<RecordedEvent>,
}

impl Batch<'_, '_> {
    fn append(&mut self, conn: &mut Conn<'_>, append: Append) -> Result<Result<Appended, AppendError>, DatabaseError> {
        let Append { stream, expected, events, provenance, alongside } = append;
        let current = self.version(conn, &stream)?;
        if let Expected::Version(expected) = expected
            && expected != current
        {
            return Ok(Err(AppendError::Conflict { current }));
        }
        if let Some(alongside) = alongside {
            // The check must see what earlier appends of this batch did.
            self.flush(conn)?;
            match conn.savepoint(alongside) {
                Ok(()) => {}
                Err(Refusal::Rule(rule)) => return Ok(Err(AppendError::Refused(rule))),
                Err(Refusal::Database(error)) => return Err(error),
            }
        }
        let mut appended = Vec::with_capacity(events.len());
        for (version, new) in (current.saturating_add(1)..).zip(events) {
            let place = Place { stream: &stream, version, provenance: &provenance };
            let recorded = self.encode(conn, &place, new)?;
            self.versions.insert(stream.clone(), version);
            self.pending.push(recorded.clone());
            appended.push(recorded);
        }
        Ok(Ok(Appended { events: appended }))
    }

    /// The stream's version, counting what this batch has added. Right because the head's row is locked.
    fn version(&self, conn: &mut Conn<'_>, stream: &StreamId) -> Result<u32, DatabaseError> {
        match self.versions.get(stream) {
            Some(version) => Ok(*version),
            None => read::stream_version(conn, stream),
        }
    }

    fn encode(
        &mut self,
        conn: &mut Conn<'_>,
        place: &Place<'_>,
        new: NewEvent,
    ) -> Result<RecordedEvent, DatabaseError> {
        let Place { stream, version, provenance } = *place;
        let unwritable = |error: serde_json::Error| DatabaseError::Corrupt(error.to_string());
        let position = self.frontier.size().saturating_add(1);
        let payload = new.event.payload().map_err(unwritable)?;
        let personal = self.tools.sealer.seal(conn, new.id, provenance)?;
        let actor = ActorId { r#type: provenance.actor.r#type, id: provenance.actor.id.clone() };
        let record = Record {
            format: RECORD_FORMAT,
            position,
            r#type: new.event.name(),
            stream: stream.clone(),
            version,
            id: new.id,
            recorded_at: self.tools.now,
            actor,
            request_id: provenance.request_id,
            trace_id: provenance.trace_id.clone(),
            correlation_id: provenance.correlation_id,
            causation_id: provenance.causation_id,
            personal,
            payload: &payload,
        };
        let bytes = serde_json::to_vec(&record).map_err(unwritable)?;
        let leaf_hash = leaf_hash(&bytes);
        self.frontier.push(leaf_hash);
        let Record { actor, request_id, trace_id, correlation_id, causation_id, personal, .. } = record;
        let stored = StoredEvent {
            position,
            event_type: new.event.name().to_owned(),
            stream: stream.clone(),
            version,
            id: new.id,
            recorded_at: self.tools.now,
            actor,
            request_id,
            trace_id,
            correlation_id,
            causation_id,
            personal,
            payload,
            record: bytes,
            leaf_hash,
        };
        Ok(RecordedEvent { stored: Arc::new(stored), event: new.event })
    }

    /// Writes what is pending: events first, then the read models.
    fn flush(&mut self, conn: &mut Conn<'_>) -> Result<(), DatabaseError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        for chunk in pending.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<Row<'_>> = chunk.iter().map(Row::of).collect::<Result<_, _>>()?;
            on!(conn, |c| diesel::insert_into(events::table).values(&rows).execute(c))?;
        }
        self.tools.projector.project(conn, &pending)?;
        self.events.extend(pending);
        Ok(())
    }
}

/// Where an event goes and who sends it there.
struct Place<'a> {
    stream: &'a StreamId,
    version: u32,
    provenance: &'a Provenance,
}

#[derive(Insertable)]
#[diesel(table_name = events)]
struct Row<'a> {
    position: i64,
    stream: String,
    version: i64,
    type_: &'a str,
    recorded_at: i64,
    correlation_id: &'a [u8],
    record: &'a [u8],
    leaf_hash: &'a [u8],
    actor_type: &'static str,
    actor_id: &'a str,
}

impl<'a> Row<'a> {
    fn of(recorded: &'a RecordedEvent) -> Result<Self, DatabaseError> {
        let event = &recorded.stored;
        Ok(Self {
            position: read::to_column(event.position)?,
            stream: event.stream.to_string(),
            version: event.version.into(),
            type_: &event.event_type,
            recorded_at: event.recorded_at.timestamp_micros(),
            correlation_id: event.correlation_id.as_bytes(),
            record: &event.record,
            leaf_hash: &event.leaf_hash,
            actor_type: event.actor.r#type.name(),
            actor_id: &event.actor.id,
        })
    }
}

fn write_head(conn: &mut Conn<'_>, frontier: &Frontier) -> Result<(), DatabaseError> {
    let size = read::to_column(frontier.size())?;
    let values = (
        log_head::size.eq(size),
        log_head::root.eq(frontier.root().to_vec()),
        log_head::frontier.eq(frontier.to_bytes()),
    );
    let changed = on!(conn, |c| diesel::update(log_head::table.find(1)).set(values).execute(c))?;
    if changed == 1 { Ok(()) } else { Err(DatabaseError::Corrupt("log_head has no row".to_owned())) }
}
