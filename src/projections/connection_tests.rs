//! Tests of connections: what was tested, and what came of it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::tables::connection_tests;
use super::{from_json, from_micros, to_json};
use crate::domain::connection_test::{ConnectionTestEvent, TestStarted, Tested};
use crate::domain::{Event, Key, StreamId};
use crate::event_log::database::on;
use crate::event_log::read::{from_column, to_column};
use crate::event_log::{Conn, DatabaseError, Position, RecordedEvent};

/// A test that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionTestView {
    /// Its id: the stream's and the correlation id of everything done in it.
    pub id: Uuid,
    /// Position of `connection.tested`.
    pub position: Position,
    /// When that was recorded.
    pub at: DateTime<Utc>,
    /// What came of it.
    pub tested: Tested,
}

/// A test that was started and has no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unended {
    /// Its id.
    pub id: Uuid,
    /// What was to be tested.
    pub started: TestStarted,
}

/// Id, position of the end, time of the end, payload of the end.
type Ended = (String, Option<i64>, Option<i64>, Option<String>);

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let stored = &recorded.stored;
        let (Event::ConnectionTest(event), StreamId::Test(id)) = (&recorded.event, &stored.stream) else { continue };
        let (id, position) = (id.to_string(), to_column(stored.position)?);
        let at = stored.recorded_at.timestamp_micros();
        let tested = match event {
            ConnectionTestEvent::Started(started) => {
                let row = (
                    connection_tests::id.eq(id),
                    connection_tests::position.eq(position),
                    connection_tests::connection.eq(started.connection.as_ref().map(Key::as_str)),
                    connection_tests::started_at.eq(at),
                    connection_tests::started.eq(stored.payload.get()),
                );
                on!(conn, |c| diesel::insert_into(connection_tests::table).values(row).execute(c))?;
                continue;
            }
            ConnectionTestEvent::Tested(_) => Some(stored.payload.get()),
            ConnectionTestEvent::OutcomeUnknown(_) => None,
        };
        let set = (
            connection_tests::end_position.eq(Some(position)),
            connection_tests::ended_at.eq(Some(at)),
            connection_tests::tested.eq(tested),
        );
        on!(conn, |c| diesel::update(connection_tests::table.find(id)).set(set).execute(c))?;
    }
    Ok(())
}

/// Reads one test; `None` as well for one whose outcome nobody knows.
pub fn get(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<ConnectionTestView>, DatabaseError> {
    let query = connection_tests::table.find(id.to_string()).filter(connection_tests::tested.is_not_null()).select((
        connection_tests::id,
        connection_tests::end_position,
        connection_tests::ended_at,
        connection_tests::tested,
    ));
    let row: Option<Ended> = on!(conn, |c| query.first(c).optional())?;
    row.map(view).transpose()
}

/// Reads the newest test of a saved connection that has ended.
pub fn last(conn: &mut Conn<'_>, connection: &Key) -> Result<Option<ConnectionTestView>, DatabaseError> {
    let query = connection_tests::table
        .filter(connection_tests::connection.eq(connection.as_str()))
        .filter(connection_tests::tested.is_not_null())
        .order(connection_tests::end_position.desc())
        .select((
            connection_tests::id,
            connection_tests::end_position,
            connection_tests::ended_at,
            connection_tests::tested,
        ));
    let row: Option<Ended> = on!(conn, |c| query.first(c).optional())?;
    row.map(view).transpose()
}

fn view((id, position, at, tested): Ended) -> Result<ConnectionTestView, DatabaseError> {
    let wrong = || DatabaseError::Corrupt(format!("the connection test {id}"));
    let (Some(position), Some(at), Some(tested)) = (position, at, tested) else { return Err(wrong()) };
    Ok(ConnectionTestView {
        id: Uuid::parse_str(&id).map_err(|_| wrong())?,
        position: from_column(position)?,
        at: from_micros(at)?,
        tested: from_json("a connection test", &tested)?,
    })
}

/// Tests that were started and have no end, oldest first: what a crash leaves behind.
pub fn without_end(conn: &mut Conn<'_>, limit: u32) -> Result<Vec<Unended>, DatabaseError> {
    let query = connection_tests::table
        .filter(connection_tests::end_position.is_null())
        .order(connection_tests::position.asc())
        .limit(limit.into())
        .select((connection_tests::id, connection_tests::started));
    let rows: Vec<(String, String)> = on!(conn, |c| query.load(c))?;
    let unended = |(id, started): (String, String)| {
        let wrong = || DatabaseError::Corrupt(format!("the connection test {id}"));
        let started = from_json("a connection test", &started)?;
        Ok(Unended { id: Uuid::parse_str(&id).map_err(|_| wrong())?, started })
    };
    rows.into_iter().map(unended).collect()
}

/// Every row as JSON, in order of id; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    type All = (String, i64, Option<String>, i64, String, Option<i64>, Option<i64>, Option<String>);
    let rows: Vec<All> = on!(conn, |c| connection_tests::table.order(connection_tests::id).load(c))?;
    rows.iter().map(to_json).collect()
}
