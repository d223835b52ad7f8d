//! Notices a wrong encryption key at start, before anything is written with it.

use diesel::prelude::*;

use super::database::on;
use super::tables::encryption_check;
use super::{Conn, Database, DatabaseError, read};
use crate::crypto::{KeyRing, UnsealError};

/// Why the encryption key at hand is not the database's.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// It is another one.
    #[error("the encryption key does not fit this database; nothing was changed")]
    WrongKey(#[from] UnsealError),
    /// The value that would tell is gone, though the log has events.
    #[error("the database has events but no encryption check: it was tampered with or restored in part")]
    CheckMissing,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Checks that the keys open what this database holds; a database without events takes them as its own.
///
/// # Errors
/// See [`EncryptionError`]; nothing was changed.
pub fn verify(database: &Database, keys: &KeyRing) -> Result<(), EncryptionError> {
    let (sealed, events) = database.read(|conn| Ok((stored(conn)?, read::head(conn)?.size)))?;
    match sealed {
        Some(sealed) => Ok(keys.verify_check(&sealed)?),
        None if events > 0 => Err(EncryptionError::CheckMissing),
        None => {
            let row = (encryption_check::id.eq(1), encryption_check::sealed.eq(keys.check_value()));
            database.write(|conn| {
                on!(conn, |c| diesel::insert_into(encryption_check::table).values(&row).execute(c))?;
                Ok(())
            })?;
            Ok(())
        }
    }
}

fn stored(conn: &mut Conn<'_>) -> Result<Option<Vec<u8>>, DatabaseError> {
    let query = encryption_check::table.find(1).select(encryption_check::sealed);
    Ok(on!(conn, |c| query.first(c).optional())?)
}
