//! Stored secrets as they are now: everything but their values.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::tables::secrets;
use super::{Slice, Window, from_json, from_micros, to_json};
use crate::domain::secret::{PreviousVersion, SecretEvent, SecretProvider};
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError, RecordedEvent, StoredEvent};

/// A stored secret as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretView {
    /// Key.
    pub key: Key,
    /// Number of its events; version of its value.
    pub version: u32,
    /// Display Name.
    pub display_name: String,
    /// Where the value is kept.
    pub provider: SecretProvider,
    /// Keyed fingerprint of the value.
    pub fingerprint: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When its value was replaced last.
    pub rotated_at: Option<DateTime<Utc>>,
    /// When the issuer stops taking its value, as far as somebody said it.
    pub expires_at: Option<DateTime<Utc>>,
    /// The version before, and until when it is tried; it may be over.
    pub previous: Option<PreviousVersion>,
}

impl SecretView {
    /// The secret as its first event made it, whatever became of it since.
    ///
    /// # Errors
    /// The event is not the first one of a secret.
    pub fn as_created(first: &StoredEvent) -> Result<Self, DatabaseError> {
        let wrong = || DatabaseError::Corrupt(format!("the event at position {}", first.position));
        let Ok(Event::Secret(SecretEvent::Created(created))) = first.event() else { return Err(wrong()) };
        Ok(Self {
            key: first.stream.key().ok_or_else(wrong)?.clone(),
            version: first.version,
            display_name: created.display_name,
            provider: created.provider,
            fingerprint: created.fingerprint,
            created_at: first.recorded_at,
            rotated_at: None,
            expires_at: created.expires_at,
            previous: None,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = secrets)]
struct Row {
    key: String,
    version: i64,
    display_name: String,
    provider: String,
    fingerprint: String,
    created_at: i64,
    rotated_at: Option<i64>,
    expires_at: Option<i64>,
    previous_version: Option<i64>,
    previous_until: Option<i64>,
}

impl Row {
    fn into_view(self) -> Result<SecretView, DatabaseError> {
        let wrong = |what: &str| DatabaseError::Corrupt(format!("the {what} of secret {}", self.key));
        let previous = match (self.previous_version, self.previous_until) {
            (Some(version), Some(until)) => {
                let version = u32::try_from(version).map_err(|_| wrong("previous version"))?;
                Some(PreviousVersion { version, until: from_micros(until)? })
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(wrong("previous version")),
        };
        Ok(SecretView {
            key: Key::parse(&self.key).map_err(|_| wrong("key"))?,
            version: u32::try_from(self.version).map_err(|_| wrong("version"))?,
            display_name: self.display_name,
            provider: from_json("a secret's provider", &self.provider)?,
            fingerprint: self.fingerprint,
            created_at: from_micros(self.created_at)?,
            rotated_at: self.rotated_at.map(from_micros).transpose()?,
            expires_at: self.expires_at.map(from_micros).transpose()?,
            previous,
        })
    }
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let (Event::Secret(event), Some(key)) = (&recorded.event, recorded.stored.stream.key()) else { continue };
        let version = i64::from(recorded.stored.version);
        let at = recorded.stored.recorded_at.timestamp_micros();
        let row = secrets::table.find(key.as_str());
        match event {
            SecretEvent::Created(created) => {
                let row = Row {
                    key: key.to_string(),
                    version,
                    display_name: created.display_name.clone(),
                    provider: to_json(&created.provider)?,
                    fingerprint: created.fingerprint.clone(),
                    created_at: at,
                    rotated_at: None,
                    expires_at: created.expires_at.map(|at| at.timestamp_micros()),
                    previous_version: None,
                    previous_until: None,
                };
                on!(conn, |c| diesel::insert_into(secrets::table).values(&row).execute(c))?;
            }
            SecretEvent::Rotated(rotated) => {
                let set = (
                    secrets::version.eq(version),
                    secrets::fingerprint.eq(&rotated.fingerprint),
                    secrets::rotated_at.eq(Some(at)),
                    secrets::expires_at.eq(rotated.expires_at.map(|at| at.timestamp_micros())),
                    secrets::previous_version.eq(rotated.overlap_until.map(|_| version.saturating_sub(1))),
                    secrets::previous_until.eq(rotated.overlap_until.map(|at| at.timestamp_micros())),
                );
                on!(conn, |c| diesel::update(row).set(set).execute(c))?;
            }
            SecretEvent::Deleted(_) => {
                on!(conn, |c| diesel::delete(row).execute(c))?;
            }
        }
    }
    Ok(())
}

/// Reads one secret.
pub fn get(conn: &mut Conn<'_>, key: &Key) -> Result<Option<SecretView>, DatabaseError> {
    let row: Option<Row> =
        on!(conn, |c| secrets::table.find(key.as_str()).select(Row::as_select()).first(c).optional())?;
    row.map(Row::into_view).transpose()
}

/// Reads a page of secrets by Key, and the number of all.
pub fn list(conn: &mut Conn<'_>, window: &Window<String>) -> Result<(Slice<SecretView>, u64), DatabaseError> {
    let rows: Vec<Row> = on!(conn, |c| {
        let mut query = secrets::table.select(Row::as_select()).limit(i64::from(window.limit) + 1).into_boxed();
        if let Some(after) = &window.after {
            query = query.filter(secrets::key.gt(after));
        }
        if let Some(before) = &window.before {
            query = query.filter(secrets::key.lt(before));
        }
        if window.from_end { query.order(secrets::key.desc()).load(c) } else { query.order(secrets::key.asc()).load(c) }
    })?;
    let total: i64 = on!(conn, |c| secrets::table.count().get_result(c))?;
    let views = rows.into_iter().map(Row::into_view).collect::<Result<_, _>>()?;
    Ok((Slice::cut(views, window.limit, window.from_end), u64::try_from(total).unwrap_or_default()))
}

/// Reads every secret; for the directory and for rebuilding.
pub fn all(conn: &mut Conn<'_>) -> Result<Vec<SecretView>, DatabaseError> {
    let rows: Vec<Row> = on!(conn, |c| secrets::table.select(Row::as_select()).order(secrets::key).load(c))?;
    rows.into_iter().map(Row::into_view).collect()
}
