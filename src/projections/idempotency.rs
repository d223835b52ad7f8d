//! Idempotency keys of mutations: which stream a key made, so that a lost reply can be asked for again.

use diesel::prelude::*;

use super::tables::idempotency_keys;
use crate::domain::StreamId;
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError};

/// What a key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Keyed fingerprint over actor, operation and key.
    pub fingerprint: String,
    /// Keyed fingerprint of the input.
    pub input: String,
    /// The stream that it started.
    pub stream: StreamId,
}

/// Claims a key; to be run alongside the append that it belongs to. A second claim violates the primary key.
pub fn claim(conn: &mut Conn<'_>, claim: &Claim) -> Result<(), diesel::result::Error> {
    let row = (
        idempotency_keys::fingerprint.eq(&claim.fingerprint),
        idempotency_keys::input.eq(&claim.input),
        idempotency_keys::stream.eq(claim.stream.to_string()),
    );
    on!(conn, |c| diesel::insert_into(idempotency_keys::table).values(row).execute(c)).map(drop)
}

/// Finds what a key did.
pub fn find(conn: &mut Conn<'_>, fingerprint: &str) -> Result<Option<Claim>, DatabaseError> {
    let query = idempotency_keys::table.find(fingerprint).select((idempotency_keys::input, idempotency_keys::stream));
    let row: Option<(String, String)> = on!(conn, |c| query.first(c).optional())?;
    let Some((input, stream)) = row else { return Ok(None) };
    let stream = StreamId::parse(&stream).ok_or_else(|| DatabaseError::Corrupt("an idempotency key".to_owned()))?;
    Ok(Some(Claim { fingerprint: fingerprint.to_owned(), input, stream }))
}
