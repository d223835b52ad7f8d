//! Sealed values of secrets: the one table that holds them, written in the transaction of the event that tells of them.

use chrono::{DateTime, Utc};
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

/// A value to be stored.
#[derive(Debug, Clone)]
pub struct NewValue {
    /// Its version.
    pub version: u32,
    /// As [`seal`] made it.
    pub sealed: Vec<u8>,
    /// Until when the version before is still tried.
    pub overlap_until: Option<DateTime<Utc>>,
}

/// Stores a sealed value. Of the older ones, the version before stays as long as it is still tried; the others open
/// nothing any more and go.
pub fn store(conn: &mut Conn<'_>, secret: &Key, new: &NewValue) -> Result<(), diesel::result::Error> {
    let version = i64::from(new.version);
    let kept = new.overlap_until.map(|until| (version.saturating_sub(1), until.timestamp_micros()));
    let others = secret_values::table
        .filter(secret_values::secret.eq(secret.as_str()))
        .filter(secret_values::version.ne(kept.map_or(version, |(kept, _)| kept)));
    on!(conn, |c| diesel::delete(others).execute(c))?;
    if let Some((kept, until)) = kept {
        let row = secret_values::table.find((secret.as_str(), kept));
        on!(conn, |c| diesel::update(row).set(secret_values::valid_until.eq(Some(until))).execute(c))?;
    }
    let row = (
        secret_values::secret.eq(secret.as_str()),
        secret_values::version.eq(version),
        secret_values::sealed.eq(&new.sealed),
    );
    on!(conn, |c| diesel::insert_into(secret_values::table).values(row).execute(c)).map(drop)
}

/// Whether there are values that are not tried any more.
///
/// # Errors
/// The database failed.
pub fn has_over(conn: &mut Conn<'_>, now: DateTime<Utc>) -> Result<bool, DatabaseError> {
    let query = secret_values::table.filter(secret_values::valid_until.le(now.timestamp_micros())).count();
    let over: i64 = on!(conn, |c| query.get_result(c))?;
    Ok(over > 0)
}

/// Removes the values that are not tried any more, and says how many those were.
///
/// # Errors
/// The database failed.
pub fn sweep(conn: &mut Conn<'_>, now: DateTime<Utc>) -> Result<usize, DatabaseError> {
    let over = secret_values::table.filter(secret_values::valid_until.le(now.timestamp_micros()));
    Ok(on!(conn, |c| diesel::delete(over).execute(c))?)
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
        .filter(secret_values::valid_until.is_null())
        .order(secret_values::version.desc())
        .select((secret_values::version, secret_values::sealed));
    let row: Option<(i64, Vec<u8>)> = on!(conn, |c| query.first(c).optional())?;
    unsealed(keys, secret, row.ok_or(SecretValueError::Missing)?)
}

/// Reads and unseals the value before the current one, while it is still tried.
///
/// # Errors
/// As [`open`], but `Missing` is no error here.
pub fn open_previous(
    conn: &mut Conn<'_>,
    keys: &KeyRing,
    secret: &Key,
    now: DateTime<Utc>,
) -> Result<Option<(u32, Zeroizing<String>)>, SecretValueError> {
    let query = secret_values::table
        .filter(secret_values::secret.eq(secret.as_str()))
        .filter(secret_values::valid_until.gt(now.timestamp_micros()))
        .order(secret_values::version.desc())
        .select((secret_values::version, secret_values::sealed));
    let row: Option<(i64, Vec<u8>)> = on!(conn, |c| query.first(c).optional())?;
    row.map(|row| unsealed(keys, secret, row)).transpose()
}

fn unsealed(
    keys: &KeyRing,
    secret: &Key,
    (version, sealed): (i64, Vec<u8>),
) -> Result<(u32, Zeroizing<String>), SecretValueError> {
    let unreadable = || DatabaseError::Corrupt("a secret's value".to_owned());
    let version = u32::try_from(version).map_err(|_| unreadable())?;
    let plain = keys.unseal(&context(secret, version), &sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| unreadable())?;
    Ok((version, Zeroizing::new(text.to_owned())))
}

fn context(secret: &Key, version: u32) -> SealContext<'_> {
    SealContext { table: "secret_values", row: secret.as_str(), field: "sealed", version: version.into() }
}
