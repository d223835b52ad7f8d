//! When each connection authorised a request last: one row a connection, so that a list of them asks once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::tables::connection_uses;
use super::{from_micros, to_json};
use crate::domain::exchange::{Completed, ExchangeEvent};
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError, RecordedEvent};

/// Applies events. The latest time stays, whatever the clock does.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for recorded in events {
        let Some(key) = authorising(&recorded.event) else { continue };
        let at = recorded.stored.recorded_at.timestamp_micros();
        last.entry(key.as_str()).and_modify(|known| *known = at.max(*known)).or_insert(at);
    }
    for (connection, at) in last {
        let earlier = connection_uses::table.find(connection).filter(connection_uses::last_used_at.lt(at));
        let moved = connection_uses::last_used_at.eq(at);
        if on!(conn, |c| diesel::update(earlier).set(moved).execute(c))? == 0 {
            let row = (connection_uses::connection.eq(connection), moved);
            on!(conn, |c| diesel::insert_into(connection_uses::table).values(row).on_conflict_do_nothing().execute(c))?;
        }
    }
    Ok(())
}

/// The connection whose token went along with a request and was not refused.
fn authorising(event: &Event) -> Option<&Key> {
    match event {
        Event::Exchange(ExchangeEvent::Completed(Completed {
            connection, token: Some(_), auth_failure: None, ..
        })) => connection.as_ref(),
        Event::Exchange(_)
        | Event::Connection(_)
        | Event::Secret(_)
        | Event::Token(_)
        | Event::Task(_)
        | Event::Metadata(_)
        | Event::ConnectionTest(_) => None,
    }
}

/// When each of some connections authorised a request last; those that never did are left out.
///
/// # Errors
/// The database failed.
pub fn last_uses(
    conn: &mut Conn<'_>,
    connections: &[String],
) -> Result<BTreeMap<String, DateTime<Utc>>, DatabaseError> {
    let query = connection_uses::table.filter(connection_uses::connection.eq_any(connections));
    let rows: Vec<(String, i64)> = on!(conn, |c| query.load(c))?;
    rows.into_iter().map(|(connection, at)| Ok((connection, from_micros(at)?))).collect()
}

/// Every row as JSON, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    let query = connection_uses::table.order(connection_uses::connection);
    let rows: Vec<(String, i64)> = on!(conn, |c| query.load(c))?;
    rows.iter().map(to_json).collect()
}
