//! Issuers that say something else than what a connection has pinned: the open questions to a person.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::tables::metadata_changes;
use super::{from_json, from_micros, to_json};
use crate::domain::connection::ConnectionEvent;
use crate::domain::metadata::{MetadataChanged, MetadataEvent};
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::read::{from_column, to_column};
use crate::event_log::{Conn, DatabaseError, Position, RecordedEvent};

/// An open question about one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataChangeView {
    /// Key of the connection.
    pub connection: Key,
    /// Position of its event.
    pub position: Position,
    /// When it was recorded.
    pub detected_at: DateTime<Utc>,
    /// What the issuer says.
    pub change: MetadataChanged,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = metadata_changes)]
struct Row {
    connection: String,
    position: i64,
    detected_at: i64,
    change: String,
}

impl Row {
    fn into_view(self) -> Result<MetadataChangeView, DatabaseError> {
        let wrong = || DatabaseError::Corrupt(format!("the metadata change of connection {}", self.connection));
        Ok(MetadataChangeView {
            connection: Key::parse(&self.connection).map_err(|_| wrong())?,
            position: from_column(self.position)?,
            detected_at: from_micros(self.detected_at)?,
            change: from_json("a metadata change", &self.change)?,
        })
    }
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let Some(key) = recorded.stored.stream.key() else { continue };
        match &recorded.event {
            Event::Metadata(MetadataEvent::Changed(change)) => {
                let row = Row {
                    connection: key.to_string(),
                    position: to_column(recorded.stored.position)?,
                    detected_at: recorded.stored.recorded_at.timestamp_micros(),
                    change: to_json(change)?,
                };
                close(conn, key)?;
                on!(conn, |c| diesel::insert_into(metadata_changes::table).values(&row).execute(c))?;
            }
            Event::Connection(ConnectionEvent::Updated(updated)) => {
                if get(conn, key)?.is_some_and(|open| !open.change.concerns(&updated.definition)) {
                    close(conn, key)?;
                }
            }
            Event::Metadata(MetadataEvent::Settled(_)) | Event::Connection(ConnectionEvent::Deleted(_)) => {
                close(conn, key)?;
            }
            Event::Connection(
                ConnectionEvent::Created(_) | ConnectionEvent::Disabled(_) | ConnectionEvent::Enabled(_),
            )
            | Event::Secret(_)
            | Event::Task(_)
            | Event::Token(_)
            | Event::Exchange(_)
            | Event::ConnectionTest(_) => {}
        }
    }
    Ok(())
}

fn close(conn: &mut Conn<'_>, key: &Key) -> Result<(), DatabaseError> {
    on!(conn, |c| diesel::delete(metadata_changes::table.find(key.as_str())).execute(c))?;
    Ok(())
}

/// Reads the open question about a connection.
pub fn get(conn: &mut Conn<'_>, key: &Key) -> Result<Option<MetadataChangeView>, DatabaseError> {
    let row: Option<Row> =
        on!(conn, |c| metadata_changes::table.find(key.as_str()).select(Row::as_select()).first(c).optional())?;
    row.map(Row::into_view).transpose()
}

/// Every row in words, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    let rows: Vec<Row> =
        on!(conn, |c| metadata_changes::table.select(Row::as_select()).order(metadata_changes::connection).load(c))?;
    rows.into_iter().map(|row| Ok(format!("{:?}", row.into_view()?))).collect()
}
