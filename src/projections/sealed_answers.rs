//! Sealed answers of calls that had an idempotency key. Each is written in the transaction of the event that ends its
//! exchange, and is gone when it has expired.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::tables::sealed_answers;
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError};

/// Stores the answer of an exchange.
pub fn store(
    conn: &mut Conn<'_>,
    exchange: Uuid,
    (sealed, expires_at): (&[u8], DateTime<Utc>),
) -> Result<(), diesel::result::Error> {
    let row = (
        sealed_answers::exchange.eq(exchange.to_string()),
        sealed_answers::sealed.eq(sealed),
        sealed_answers::expires_at.eq(expires_at.timestamp_micros()),
    );
    on!(conn, |c| diesel::insert_into(sealed_answers::table).values(row).execute(c)).map(drop)
}

/// Reads the answer of an exchange, unless it has expired.
pub fn get(conn: &mut Conn<'_>, exchange: Uuid, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, DatabaseError> {
    let query = sealed_answers::table
        .find(exchange.to_string())
        .filter(sealed_answers::expires_at.gt(now.timestamp_micros()))
        .select(sealed_answers::sealed);
    Ok(on!(conn, |c| query.first(c).optional())?)
}

/// Removes what has expired; returns how many answers that were.
pub fn prune(conn: &mut Conn<'_>, now: DateTime<Utc>) -> Result<usize, diesel::result::Error> {
    let expired = sealed_answers::table.filter(sealed_answers::expires_at.le(now.timestamp_micros()));
    on!(conn, |c| diesel::delete(expired).execute(c))
}
