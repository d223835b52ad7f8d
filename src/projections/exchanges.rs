//! HTTP exchanges: what was started, and how it ended.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::tables::exchanges;
use super::{Slice, Window, from_json, from_micros, to_json};
use crate::domain::event::UnreadableEvent;
use crate::domain::exchange::{ExchangeEnd, ExchangeEvent, Started};
use crate::domain::{Event, Key, StreamId};
use crate::event_log::database::on;
use crate::event_log::read::{from_column, to_column};
use crate::event_log::{Conn, DatabaseError, Position, RecordedEvent};

/// An exchange as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeView {
    /// Its id: the stream's and the correlation id of everything done in it.
    pub id: Uuid,
    /// Position of `exchange.started`.
    pub position: Position,
    /// When it was recorded.
    pub started_at: DateTime<Utc>,
    /// What was asked for.
    pub started: Started,
    /// How it ended, if it has.
    pub end: Option<EndView>,
}

/// How an exchange ended, and where the log says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndView {
    /// Position of the event.
    pub position: Position,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// How.
    pub end: ExchangeEnd,
}

/// Which exchanges are wanted. Empty lists mean all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExchangeFilter {
    /// Keys of connections.
    pub connections: Vec<String>,
    /// Keys of HTTP Request Tasks.
    pub tasks: Vec<String>,
}

/// Which task an exchange is a run of, by the exchange's id; an exchange that is none is not in here.
pub(super) type Runs = HashMap<Uuid, Key>;

#[derive(Queryable, Selectable)]
#[diesel(table_name = exchanges)]
struct Row {
    id: String,
    position: i64,
    started_at: i64,
    started: String,
    end_position: Option<i64>,
    ended_at: Option<i64>,
    end_type: Option<String>,
    end_payload: Option<String>,
}

impl Row {
    fn into_view(self) -> Result<ExchangeView, DatabaseError> {
        let wrong = || DatabaseError::Corrupt(format!("exchange {}", self.id));
        let end = match (self.end_position, self.ended_at, self.end_type, self.end_payload) {
            (Some(position), Some(at), Some(event_type), Some(payload)) => {
                let unreadable = |error: UnreadableEvent| DatabaseError::Corrupt(error.to_string());
                let event = Event::parse(&event_type, &payload).map_err(unreadable)?;
                let end = match event {
                    Event::Exchange(ExchangeEvent::Completed(end)) => ExchangeEnd::Completed(end),
                    Event::Exchange(ExchangeEvent::Failed(end)) => ExchangeEnd::Failed(end),
                    Event::Exchange(ExchangeEvent::OutcomeUnknown(end)) => ExchangeEnd::OutcomeUnknown(end),
                    Event::Exchange(ExchangeEvent::Started(_))
                    | Event::Connection(_)
                    | Event::Secret(_)
                    | Event::Metadata(_)
                    | Event::Token(_)
                    | Event::Task(_)
                    | Event::ConnectionTest(_) => return Err(wrong()),
                };
                Some(EndView { position: from_column(position)?, at: from_micros(at)?, end })
            }
            _ => None,
        };
        Ok(ExchangeView {
            id: Uuid::parse_str(&self.id).map_err(|_| wrong())?,
            position: from_column(self.position)?,
            started_at: from_micros(self.started_at)?,
            started: from_json("an exchange", &self.started)?,
            end,
        })
    }
}

// With defaults for what is absent, diesel would write row by row on SQLite.
#[derive(Insertable)]
#[diesel(table_name = exchanges, treat_none_as_default_value = false)]
struct Start<'a> {
    id: String,
    position: i64,
    connection: Option<String>,
    started_at: i64,
    started: &'a str,
    task: Option<String>,
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    let mut starts = Vec::new();
    for recorded in events {
        let stored = &recorded.stored;
        let (Event::Exchange(event), StreamId::Exchange(id)) = (&recorded.event, &stored.stream) else { continue };
        match event {
            ExchangeEvent::Started(started) => starts.push(Start {
                id: id.to_string(),
                position: to_column(stored.position)?,
                connection: started.connection.as_ref().map(ToString::to_string),
                started_at: stored.recorded_at.timestamp_micros(),
                started: stored.payload.get(),
                task: started.task.as_ref().map(ToString::to_string),
            }),
            ExchangeEvent::Completed(_) | ExchangeEvent::Failed(_) | ExchangeEvent::OutcomeUnknown(_) => {
                insert(conn, &mut starts)?;
                let set = (
                    exchanges::end_position.eq(to_column(stored.position)?),
                    exchanges::ended_at.eq(stored.recorded_at.timestamp_micros()),
                    exchanges::end_type.eq(&stored.event_type),
                    exchanges::end_payload.eq(stored.payload.get()),
                );
                on!(conn, |c| diesel::update(exchanges::table.find(id.to_string())).set(set).execute(c))?;
            }
        }
    }
    insert(conn, &mut starts)
}

/// Inserts what was collected: starts come in crowds, and one statement for many costs a fifth of many statements.
fn insert(conn: &mut Conn<'_>, starts: &mut Vec<Start<'_>>) -> Result<(), DatabaseError> {
    if !starts.is_empty() {
        let rows: &Vec<Start<'_>> = starts;
        on!(conn, |c| diesel::insert_into(exchanges::table).values(rows).execute(c))?;
        starts.clear();
    }
    Ok(())
}

/// The tasks behind the events of tokens: those say in which exchange they happened, and the exchange says the rest.
pub(super) fn runs_behind(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<Runs, DatabaseError> {
    let is_about_a_token = |recorded: &&RecordedEvent| matches!(recorded.event, Event::Token(_));
    let stories = events.iter().filter(is_about_a_token).map(|recorded| recorded.stored.correlation_id.to_string());
    let stories: Vec<String> = stories.collect();
    if stories.is_empty() {
        return Ok(Runs::new());
    }
    let query = exchanges::table
        .filter(exchanges::id.eq_any(&stories))
        .filter(exchanges::task.is_not_null())
        .select((exchanges::id, exchanges::task));
    let rows: Vec<(String, Option<String>)> = on!(conn, |c| query.load(c))?;
    let run = |(id, task): (String, Option<String>)| Some((Uuid::parse_str(&id).ok()?, Key::parse(&task?).ok()?));
    Ok(rows.into_iter().filter_map(run).collect())
}

/// Reads one exchange.
pub fn get(conn: &mut Conn<'_>, id: Uuid) -> Result<Option<ExchangeView>, DatabaseError> {
    let row: Option<Row> =
        on!(conn, |c| exchanges::table.find(id.to_string()).select(Row::as_select()).first(c).optional())?;
    row.map(Row::into_view).transpose()
}

/// Reads a page of exchanges by position, newest first.
pub fn list(
    conn: &mut Conn<'_>,
    window: &Window<Position>,
    filter: &ExchangeFilter,
) -> Result<Slice<ExchangeView>, DatabaseError> {
    // Newest first: "after" a cursor is below it.
    let below = window.after.map(to_column).transpose()?;
    let above = window.before.map(to_column).transpose()?;
    let rows: Vec<Row> = on!(conn, |c| {
        let mut query = exchanges::table.select(Row::as_select()).limit(i64::from(window.limit) + 1).into_boxed();
        if !filter.connections.is_empty() {
            query = query.filter(exchanges::connection.eq_any(&filter.connections));
        }
        if !filter.tasks.is_empty() {
            query = query.filter(exchanges::task.eq_any(&filter.tasks));
        }
        if let Some(below) = below {
            query = query.filter(exchanges::position.lt(below));
        }
        if let Some(above) = above {
            query = query.filter(exchanges::position.gt(above));
        }
        if window.from_end {
            query.order(exchanges::position.asc()).load(c)
        } else {
            query.order(exchanges::position.desc()).load(c)
        }
    })?;
    let views = rows.into_iter().map(Row::into_view).collect::<Result<_, _>>()?;
    Ok(Slice::cut(views, window.limit, window.from_end))
}

/// Exchanges that were started and have no end, oldest first: what a crash leaves behind.
pub fn without_end(conn: &mut Conn<'_>, limit: u32) -> Result<Vec<ExchangeView>, DatabaseError> {
    let rows: Vec<Row> = on!(conn, |c| {
        exchanges::table
            .filter(exchanges::end_position.is_null())
            .order(exchanges::position.asc())
            .limit(limit.into())
            .select(Row::as_select())
            .load(c)
    })?;
    rows.into_iter().map(Row::into_view).collect()
}

/// Every row as JSON, in order of id; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    type Start = (String, i64, Option<String>, i64, String);
    type End = (Option<i64>, Option<i64>, Option<String>, Option<String>);
    let start = (exchanges::id, exchanges::position, exchanges::connection, exchanges::started_at, exchanges::started);
    let end = (exchanges::end_position, exchanges::ended_at, exchanges::end_type, exchanges::end_payload);
    let columns = (start, end, exchanges::task);
    let rows: Vec<(Start, End, Option<String>)> =
        on!(conn, |c| exchanges::table.select(columns).order(exchanges::id).load(c))?;
    rows.iter().map(to_json).collect()
}
