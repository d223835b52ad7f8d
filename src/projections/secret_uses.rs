//! For which version of its secret each connection got its last token: how a rotation gets on at the issuer.

use diesel::prelude::*;

use super::tables::{connections, secret_uses};
use super::to_json;
use crate::domain::connection::ConnectionEvent;
use crate::domain::token::TokenEvent;
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError, RecordedEvent};

/// Applies events. A changed connection starts anew: its secret may be another one.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let Some(key) = recorded.stored.stream.key() else { continue };
        match &recorded.event {
            Event::Token(TokenEvent::Issued(issued)) => note(conn, key, issued.secret_version)?,
            Event::Connection(ConnectionEvent::Updated(_) | ConnectionEvent::Deleted(_)) => {
                let row = secret_uses::table.find(key.as_str());
                on!(conn, |c| diesel::delete(row).execute(c))?;
            }
            Event::Token(_)
            | Event::Connection(_)
            | Event::Secret(_)
            | Event::Metadata(_)
            | Event::Task(_)
            | Event::Exchange(_)
            | Event::ConnectionTest(_) => {}
        }
    }
    Ok(())
}

fn note(conn: &mut Conn<'_>, connection: &Key, version: u32) -> Result<(), DatabaseError> {
    let version = secret_uses::version.eq(i64::from(version));
    let row = secret_uses::table.find(connection.as_str());
    // Nearly always there is a row already.
    if on!(conn, |c| diesel::update(row).set(version).execute(c))? == 0 {
        let row = (secret_uses::connection.eq(connection.as_str()), version);
        on!(conn, |c| diesel::insert_into(secret_uses::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The version that a connection got its last token for; `None` before the first.
///
/// # Errors
/// The database failed.
pub fn of_connection(conn: &mut Conn<'_>, connection: &Key) -> Result<Option<u32>, DatabaseError> {
    let query = secret_uses::table.find(connection.as_str()).select(secret_uses::version);
    let version: Option<i64> = on!(conn, |c| query.first(c).optional())?;
    Ok(version.and_then(|version| u32::try_from(version).ok()))
}

/// Whether any connection with this secret got its last token for this version of it.
///
/// # Errors
/// The database failed.
pub fn is_used(conn: &mut Conn<'_>, secret: &Key, version: u32) -> Result<bool, DatabaseError> {
    let query = secret_uses::table
        .inner_join(connections::table.on(connections::key.eq(secret_uses::connection)))
        .filter(connections::secret.eq(secret.as_str()))
        .filter(secret_uses::version.eq(i64::from(version)))
        .count();
    let uses: i64 = on!(conn, |c| query.get_result(c))?;
    Ok(uses > 0)
}

/// Every row as JSON, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    let rows: Vec<(String, i64)> = on!(conn, |c| secret_uses::table.order(secret_uses::connection).load(c))?;
    rows.iter().map(to_json).collect()
}
