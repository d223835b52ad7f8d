//! Sealed values of secrets: the one table that holds them, written in the transaction of the event that tells of them.

use diesel::prelude::*;
use zeroize::Zeroizing;

use super::tables::secret_values;
use crate::crypto::{KeyRing, SealContext, UnsealError};
use crate::domain::Key;
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError};

/// Why a secret's value can't be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretValueError {
    /// There is none.
    #[error("the secret has no stored value")]
    Missing,
    /// It can't be unsealed with the keys at hand.
    #[error("the stored value can't be unsealed")]
    Sealed(#[from] UnsealError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<diesel::result::Error> for SecretValueError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Seals a value for a version of a secret.
pub fn seal(keys: &KeyRing, secret: &Key, version: u32, value: &str) -> Vec<u8> {
    keys.seal(&context(secret, version), value.as_bytes())
}

/// Stores a sealed value and drops the older ones: a value that was replaced opens nothing any more.
pub fn store(conn: &mut Conn<'_>, secret: &Key, version: u32, sealed: &[u8]) -> Result<(), diesel::result::Error> {
    remove(conn, secret)?;
    let row = (
        secret_values::secret.eq(secret.as_str()),
        secret_values::version.eq(i64::from(version)),
        secret_values::sealed.eq(sealed),
    );
    on!(conn, |c| diesel::insert_into(secret_values::table).values(row).execute(c)).map(drop)
}

/// Removes every value of a secret.
pub fn remove(conn: &mut Conn<'_>, secret: &Key) -> Result<(), diesel::result::Error> {
    let rows = secret_values::table.filter(secret_values::secret.eq(secret.as_str()));
    on!(conn, |c| diesel::delete(rows).execute(c)).map(drop)
}

/// Reads and unseals the value of a secret, together with its version.
///
/// # Errors
/// See [`SecretValueError`]; no error repeats the value.
pub fn open(conn: &mut Conn<'_>, keys: &KeyRing, secret: &Key) -> Result<(u32, Zeroizing<String>), SecretValueError> {
    let query = secret_values::table
        .filter(secret_values::secret.eq(secret.as_str()))
        .order(secret_values::version.desc())
        .select((secret_values::version, secret_values::sealed));
    let row: Option<(i64, Vec<u8>)> = on!(conn, |c| query.first(c).optional())?;
    let (version, sealed) = row.ok_or(SecretValueError::Missing)?;
    let unreadable = || DatabaseError::Corrupt("a secret's value".to_owned());
    let version = u32::try_from(version).map_err(|_| unreadable())?;
    let plain = keys.unseal(&context(secret, version), &sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| unreadable())?;
    Ok((version, Zeroizing::new(text.to_owned())))
}

fn context(secret: &Key, version: u32) -> SealContext<'_> {
    SealContext { table: "secret_values", row: secret.as_str(), field: "sealed", version: version.into() }
}
