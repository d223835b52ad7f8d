//! Auth failures: token requests that failed, and tokens that an API refused for good.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::exchanges::Runs;
use super::tables::auth_failures;
use super::{Slice, Window, from_json, from_micros, to_json};
use crate::domain::failure::AuthFailure;
use crate::domain::token::TokenEvent;
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::read::{from_column, to_column};
use crate::event_log::{Conn, DatabaseError, Position, RecordedEvent, StoredEvent};

/// The types of events that can be auth failures; for feeds.
pub const EVENT_TYPES: [&str; 2] = ["token.request_failed.v1", "token.rejected.v1"];

/// An auth failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthFailureView {
    /// Position of its event.
    pub position: Position,
    /// Connection that has no token.
    pub connection: Key,
    /// Exchange in which it happened.
    pub exchange: Option<Uuid>,
    /// HTTP Request Task that the exchange is a run of.
    pub task: Option<Key>,
    /// When it was recorded.
    pub occurred_at: DateTime<Utc>,
    /// W3C trace id of the call.
    pub trace_id: Option<String>,
    /// What went wrong.
    pub failure: AuthFailure,
}

/// Which failures are wanted. Empty lists mean all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthFailureFilter {
    /// Keys of connections.
    pub connections: Vec<String>,
    /// Keys of HTTP Request Tasks.
    pub tasks: Vec<String>,
    /// Names of reasons.
    pub reasons: Vec<String>,
    /// Names of phases.
    pub phases: Vec<String>,
    /// Recorded at or after.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub to: Option<DateTime<Utc>>,
}

impl AuthFailureFilter {
    /// Whether a failure is wanted: the same answer as the query gives.
    pub fn wants(&self, view: &AuthFailureView) -> bool {
        let listed = |list: &[String], value: &str| list.is_empty() || list.iter().any(|entry| entry == value);
        let is_run = view.task.as_ref().is_some_and(|task| listed(&self.tasks, task.as_str()));
        listed(&self.connections, view.connection.as_str())
            && (self.tasks.is_empty() || is_run)
            && listed(&self.reasons, view.failure.reason.name())
            && listed(&self.phases, &phase_name(&view.failure))
            && self.from.is_none_or(|from| view.occurred_at >= from)
            && self.to.is_none_or(|to| view.occurred_at < to)
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_failures)]
struct Row {
    position: i64,
    connection: String,
    exchange: Option<String>,
    occurred_at: i64,
    phase: String,
    reason: String,
    trace_id: Option<String>,
    failure: String,
    task: Option<String>,
}

impl Row {
    fn into_view(self) -> Result<AuthFailureView, DatabaseError> {
        let wrong = || DatabaseError::Corrupt(format!("the auth failure at position {}", self.position));
        Ok(AuthFailureView {
            position: from_column(self.position)?,
            connection: Key::parse(&self.connection).map_err(|_| wrong())?,
            exchange: self.exchange.as_deref().map(Uuid::parse_str).transpose().map_err(|_| wrong())?,
            occurred_at: from_micros(self.occurred_at)?,
            task: self.task.as_deref().map(Key::parse).transpose().map_err(|_| wrong())?,
            trace_id: self.trace_id,
            failure: from_json("an auth failure", &self.failure)?,
        })
    }
}

/// Reads an event as an auth failure, if it is one.
fn of_event(stored: &StoredEvent, event: &Event, runs: &Runs) -> Option<AuthFailureView> {
    let failure = match event {
        Event::Token(TokenEvent::RequestFailed(failed)) => failed.failure.clone(),
        Event::Token(TokenEvent::Rejected(rejected)) if rejected.conclusive => rejected.failure.clone(),
        Event::Token(_)
        | Event::Metadata(_)
        | Event::Connection(_)
        | Event::Secret(_)
        | Event::Task(_)
        | Event::Exchange(_)
        | Event::ConnectionTest(_) => return None,
    };
    Some(AuthFailureView {
        position: stored.position,
        connection: stored.stream.key()?.clone(),
        exchange: Some(stored.correlation_id),
        task: runs.get(&stored.correlation_id).cloned(),
        occurred_at: stored.recorded_at,
        trace_id: stored.trace_id.clone(),
        failure,
    })
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent], runs: &Runs) -> Result<(), DatabaseError> {
    let mut rows = Vec::new();
    for view in events.iter().filter_map(|recorded| of_event(&recorded.stored, &recorded.event, runs)) {
        rows.push(Row {
            position: to_column(view.position)?,
            connection: view.connection.to_string(),
            exchange: view.exchange.map(|id| id.to_string()),
            occurred_at: view.occurred_at.timestamp_micros(),
            phase: phase_name(&view.failure),
            reason: view.failure.reason.name().to_owned(),
            trace_id: view.trace_id,
            failure: to_json(&view.failure)?,
            task: view.task.as_ref().map(ToString::to_string),
        });
    }
    if !rows.is_empty() {
        on!(conn, |c| diesel::insert_into(auth_failures::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Reads one failure.
pub fn get(conn: &mut Conn<'_>, position: Position) -> Result<Option<AuthFailureView>, DatabaseError> {
    let position = to_column(position)?;
    let row: Option<Row> =
        on!(conn, |c| auth_failures::table.find(position).select(Row::as_select()).first(c).optional())?;
    row.map(Row::into_view).transpose()
}

/// Reads a page of failures by position, newest first, and the number of all that the filter means.
pub fn list(
    conn: &mut Conn<'_>,
    window: &Window<Position>,
    filter: &AuthFailureFilter,
) -> Result<(Slice<AuthFailureView>, u64), DatabaseError> {
    let below = window.after.map(to_column).transpose()?;
    let above = window.before.map(to_column).transpose()?;
    let (rows, total): (Vec<Row>, i64) = on!(conn, |c| {
        let filtered = || {
            let mut query = auth_failures::table.into_boxed();
            if !filter.connections.is_empty() {
                query = query.filter(auth_failures::connection.eq_any(&filter.connections));
            }
            if !filter.tasks.is_empty() {
                query = query.filter(auth_failures::task.eq_any(&filter.tasks));
            }
            if !filter.reasons.is_empty() {
                query = query.filter(auth_failures::reason.eq_any(&filter.reasons));
            }
            if !filter.phases.is_empty() {
                query = query.filter(auth_failures::phase.eq_any(&filter.phases));
            }
            if let Some(from) = filter.from {
                query = query.filter(auth_failures::occurred_at.ge(from.timestamp_micros()));
            }
            if let Some(to) = filter.to {
                query = query.filter(auth_failures::occurred_at.lt(to.timestamp_micros()));
            }
            query
        };
        let mut query = filtered().select(Row::as_select()).limit(i64::from(window.limit) + 1);
        if let Some(below) = below {
            query = query.filter(auth_failures::position.lt(below));
        }
        if let Some(above) = above {
            query = query.filter(auth_failures::position.gt(above));
        }
        let rows = if window.from_end {
            query.order(auth_failures::position.asc()).load(c)?
        } else {
            query.order(auth_failures::position.desc()).load(c)?
        };
        (rows, filtered().count().get_result(c)?)
    });
    let views = rows.into_iter().map(Row::into_view).collect::<Result<_, _>>()?;
    Ok((Slice::cut(views, window.limit, window.from_end), u64::try_from(total).unwrap_or_default()))
}

/// Every row as JSON, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    type All = (i64, String, Option<String>, i64, String, String, Option<String>, String, Option<String>);
    let rows: Vec<All> = on!(conn, |c| auth_failures::table.order(auth_failures::position).load(c))?;
    rows.iter().map(to_json).collect()
}

fn phase_name(failure: &AuthFailure) -> String {
    // The serialised name is the public one; a unit variant always serialises to a string.
    match serde_json::to_value(failure.phase) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    }
}
