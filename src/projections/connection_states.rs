//! How each connection stands: `domain::connection_state` folded into a table.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::tables::{connection_states, connections};
use super::{from_json, to_json};
use crate::domain::connection_state::{Concern, ConnectionState, Fact, Standing};
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::read::{self, PAGE_EVENTS_MAX, to_column};
use crate::event_log::{Conn, DatabaseError, Filter, Page, RecordedEvent, StoredEvent};

/// The types of events that can change how a connection stands; for feeds.
pub const EVENT_TYPES: [&str; 11] = [
    "connection.created.v1",
    "connection.updated.v1",
    "connection.disabled.v1",
    "connection.enabled.v1",
    "connection.deleted.v1",
    "connection.tested.v1",
    "secret.rotated.v1",
    "token.issued.v1",
    "token.request_failed.v1",
    "token.rejected.v1",
    "token.evicted.v1",
];

/// What stands in `turns_at` of a state that does not turn by itself.
const NEVER: i64 = i64::MAX;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connection_states)]
pub(super) struct Row {
    key: String,
    position: i64,
    secret: String,
    state: String,
    turns_at: i64,
    standing: String,
}

impl Row {
    fn of(key: &str, position: i64, standing: &Standing) -> Result<Self, DatabaseError> {
        let at = standing.changed_at();
        Ok(Self {
            key: key.to_owned(),
            position,
            secret: standing.secret().map_or("", Key::as_str).to_owned(),
            state: standing.state_at(at).name().to_owned(),
            turns_at: standing.turns_at().map_or(NEVER, |turn| turn.timestamp_micros()),
            standing: to_json(standing)?,
        })
    }

    pub(super) fn into_standing(self) -> Result<Standing, DatabaseError> {
        from_json("how a connection stands", &self.standing)
    }
}

/// Reads an event as a fact about connections.
pub fn fact<'a>(stored: &'a StoredEvent, event: &'a Event) -> Fact<'a> {
    Fact { event, stream: &stored.stream, version: stored.version, at: stored.recorded_at }
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let fact = fact(&recorded.stored, &recorded.event);
        let position = to_column(recorded.stored.position)?;
        match fact.concern() {
            None => {}
            Some(Concern::Connection(key)) => {
                if let Event::Connection(crate::domain::connection::ConnectionEvent::Created(created)) = fact.event {
                    let row = Row::of(key.as_str(), position, &Standing::created(&created.definition, fact.at))?;
                    on!(conn, |c| diesel::insert_into(connection_states::table).values(&row).execute(c))?;
                } else {
                    let row = connection_states::table.find(key.as_str());
                    let row: Option<Row> = on!(conn, |c| row.select(Row::as_select()).first(c).optional())?;
                    change(conn, row, position, fact)?;
                }
            }
            Some(Concern::UsersOf(secret)) => {
                let users = connection_states::table.filter(connection_states::secret.eq(secret.as_str()));
                let rows: Vec<Row> = on!(conn, |c| users.select(Row::as_select()).load(c))?;
                for row in rows {
                    change(conn, Some(row), position, fact)?;
                }
            }
        }
    }
    Ok(())
}

/// Tokens outlive their connection in the log: what is gone does not stand anywhere.
fn change(conn: &mut Conn<'_>, row: Option<Row>, position: i64, fact: Fact<'_>) -> Result<(), DatabaseError> {
    let Some(row) = row else { return Ok(()) };
    let key = row.key.clone();
    let stored = connection_states::table.find(&key);
    match row.into_standing()?.evolve(fact) {
        None => on!(conn, |c| diesel::delete(stored).execute(c))?,
        Some(standing) => {
            let row = Row::of(&key, position, &standing)?;
            on!(conn, |c| diesel::update(stored).set(&row).execute(c))?
        }
    };
    Ok(())
}

/// Whether there are connections and no row: after the update that brought the table.
///
/// # Errors
/// The database failed.
pub fn needs_filling(conn: &mut Conn<'_>) -> Result<bool, DatabaseError> {
    let connections: i64 = on!(conn, |c| connections::table.count().get_result(c))?;
    let rows: i64 = on!(conn, |c| connection_states::table.count().get_result(c))?;
    Ok(rows == 0 && connections > 0)
}

/// Fills the empty table from the log.
///
/// # Errors
/// The database failed, or an event can't be understood.
pub fn fill(conn: &mut Conn<'_>) -> Result<(), DatabaseError> {
    let filter = Filter { types: Some(EVENT_TYPES.map(str::to_owned).to_vec()), ..Filter::default() };
    let mut after = 0;
    loop {
        let page = read::page(conn, Page::after(after, PAGE_EVENTS_MAX), &filter)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.position;
        let mut events = Vec::with_capacity(page.len());
        for stored in page {
            let event = stored.event().map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
            events.push(RecordedEvent { stored: Arc::new(stored), event });
        }
        project(conn, &events)?;
    }
}

/// Every row as JSON, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    type All = (String, i64, String, String, i64, String);
    let rows: Vec<All> = on!(conn, |c| connection_states::table.order(connection_states::key).load(c))?;
    rows.iter().map(to_json).collect()
}

/// Which states are wanted at a moment. None means all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFilter {
    /// The states.
    pub states: Vec<ConnectionState>,
    /// The moment.
    pub now: DateTime<Utc>,
}

impl StateFilter {
    /// The names of the states, whether `FAILING` is one of them, and the moment as a column has it.
    pub(super) fn parts(&self) -> (Vec<&'static str>, bool, i64) {
        let names = self.states.iter().map(|state| state.name()).collect();
        (names, self.states.contains(&ConnectionState::Failing), self.now.timestamp_micros())
    }
}
