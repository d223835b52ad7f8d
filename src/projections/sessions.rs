//! Browsers that are signed in, by the digest of what they show. A row lasts until it expires, is signed out, or is the
//! oldest of too many.
//!
//! Not a read model: a session is no fact of the record. It is in the database so that it outlives a restart, counts at
//! every replica, and is over everywhere once it is signed out.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::tables::sessions;
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError};

/// Most sessions at the same time; one more ends the oldest, so that nobody who may sign in is kept out.
pub const SESSIONS_MAX: u32 = 1_000;

/// A session to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What the browser shows, as a digest.
    pub id: String,
    /// Id of the actor.
    pub actor: String,
    /// When it was signed in.
    pub created_at: DateTime<Utc>,
    /// From when on it counts no more.
    pub expires_at: DateTime<Utc>,
}

/// Adds a session, and removes what has expired by its beginning.
///
/// # Errors
/// The database failed.
pub fn add(conn: &mut Conn<'_>, session: &Session) -> Result<(), DatabaseError> {
    let now = session.created_at.timestamp_micros();
    on!(conn, |c| diesel::delete(sessions::table.filter(sessions::expires_at.le(now))).execute(c))?;
    let count: i64 = on!(conn, |c| sessions::table.count().get_result(c))?;
    let beyond = count.saturating_sub(i64::from(SESSIONS_MAX) - 1);
    if beyond > 0 {
        let oldest = sessions::table.order((sessions::created_at, sessions::id)).select(sessions::id).limit(beyond);
        let oldest: Vec<String> = on!(conn, |c| oldest.load(c))?;
        on!(conn, |c| diesel::delete(sessions::table.filter(sessions::id.eq_any(oldest))).execute(c))?;
    }
    let row = (
        sessions::id.eq(&session.id),
        sessions::actor.eq(&session.actor),
        sessions::created_at.eq(now),
        sessions::expires_at.eq(session.expires_at.timestamp_micros()),
    );
    on!(conn, |c| diesel::insert_into(sessions::table).values(row).execute(c))?;
    Ok(())
}

/// The actor of a session that has not expired.
///
/// # Errors
/// The database failed.
pub fn actor(conn: &mut Conn<'_>, id: &str, now: DateTime<Utc>) -> Result<Option<String>, DatabaseError> {
    let alive = sessions::table.find(id).filter(sessions::expires_at.gt(now.timestamp_micros()));
    let query = alive.select(sessions::actor);
    Ok(on!(conn, |c| query.first(c).optional())?)
}

/// Ends a session, if it is there.
///
/// # Errors
/// The database failed.
pub fn remove(conn: &mut Conn<'_>, id: &str) -> Result<(), DatabaseError> {
    on!(conn, |c| diesel::delete(sessions::table.find(id)).execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::event_log::{Database, Synchronous};

    fn database(directory: &tempfile::TempDir) -> Database {
        let database = Database::open_sqlite(&directory.path().join("db"), Synchronous::Normal).unwrap();
        database.migrate().unwrap();
        database
    }

    fn noon() -> DateTime<Utc> {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn session(number: u32, created_at: DateTime<Utc>) -> Session {
        let expires_at = created_at + TimeDelta::hours(12);
        Session { id: format!("id-{number}"), actor: "admin-token".to_owned(), created_at, expires_at }
    }

    fn found(database: &Database, number: u32, now: DateTime<Utc>) -> Option<String> {
        database.read(|conn| actor(conn, &format!("id-{number}"), now)).unwrap()
    }

    #[test]
    fn a_session_lasts_until_it_expires_or_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let database = database(&directory);
        database.write(|conn| add(conn, &session(1, noon()))).unwrap();
        let end = noon() + TimeDelta::hours(12);
        assert_eq!(found(&database, 1, end - TimeDelta::microseconds(1)).as_deref(), Some("admin-token"));
        assert_eq!(found(&database, 1, end), None);
        assert_eq!(found(&database, 2, noon()), None);
        database.write(|conn| remove(conn, "id-1")).unwrap();
        assert_eq!(found(&database, 1, noon()), None);
    }

    #[test]
    fn what_has_expired_is_removed_by_the_next_one() {
        let directory = tempfile::tempdir().unwrap();
        let database = database(&directory);
        database.write(|conn| add(conn, &session(1, noon()))).unwrap();
        database.write(|conn| add(conn, &session(2, noon() + TimeDelta::hours(12)))).unwrap();
        // Asked for as of its own time, so that only a row that is gone is not found.
        assert_eq!(found(&database, 1, noon()), None);
        assert!(found(&database, 2, noon()).is_some());
    }

    #[test]
    fn one_more_than_the_most_ends_the_oldest() {
        let directory = tempfile::tempdir().unwrap();
        let database = database(&directory);
        database
            .write(|conn| {
                let at = |number: u32| noon() + TimeDelta::seconds(number.into());
                (0..SESSIONS_MAX).try_for_each(|number| add(conn, &session(number, at(number))))
            })
            .unwrap();
        let later = noon() + TimeDelta::hours(1);
        assert!(found(&database, 0, later).is_some(), "as many as may be are there");
        database.write(|conn| add(conn, &session(SESSIONS_MAX, later))).unwrap();
        assert_eq!(found(&database, 0, later), None);
        assert!(found(&database, 1, later).is_some() && found(&database, SESSIONS_MAX, later).is_some());
    }
}
