//! Sealed access tokens that outlive a restart: written in the transaction of the event that tells of the token, removed
//! in the transaction of the event that ends it.
//!
//! Not a read model: tokens are not in the log. Deliberately absent: sealing, and what is in a sealed token.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::connections::using_secret;
use super::tables::{connections, sealed_tokens, secrets};
use crate::domain::connection::ConnectionEvent;
use crate::domain::secret::SecretEvent;
use crate::domain::token::{Rejected, TokenEvent};
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError, RecordedEvent};

/// Most tokens that are kept; beyond it none is added until some have ended.
pub const SEALED_TOKENS_MAX: i64 = 10_000;

/// A token to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedToken {
    /// Keyed fingerprint of everything that changes the token.
    pub id: String,
    /// Key of its connection.
    pub connection: Key,
    /// Keyed fingerprint of the token.
    pub fingerprint: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The token, sealed.
    pub sealed: Vec<u8>,
}

/// What a token was asked for with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWith {
    /// Key of the connection.
    pub connection: Key,
    /// Its version.
    pub connection_version: u32,
    /// Its secret and the secret's version, if it has one.
    pub secret: Option<(Key, u32)>,
}

/// Whether a token that was asked for so is still the one to use: nothing has changed since.
///
/// # Errors
/// The database failed.
pub fn is_current(conn: &mut Conn<'_>, asked: &AskedWith) -> Result<bool, diesel::result::Error> {
    let of_connection = connections::table.find(asked.connection.as_str()).select(connections::version);
    let version: Option<i64> = on!(conn, |c| of_connection.first(c).optional())?;
    if version != Some(asked.connection_version.into()) {
        return Ok(false);
    }
    let Some((secret, asked_version)) = &asked.secret else { return Ok(true) };
    let of_secret = secrets::table.find(secret.as_str()).select(secrets::version);
    let version: Option<i64> = on!(conn, |c| of_secret.first(c).optional())?;
    Ok(version == Some((*asked_version).into()))
}

/// Keeps a token in place of the former one of its id, unless there are [`SEALED_TOKENS_MAX`].
///
/// # Errors
/// The database failed.
pub fn store(conn: &mut Conn<'_>, token: &SealedToken) -> Result<(), diesel::result::Error> {
    remove(conn, &token.id)?;
    let count: i64 = on!(conn, |c| sealed_tokens::table.count().get_result(c))?;
    if count >= SEALED_TOKENS_MAX {
        return Ok(());
    }
    let row = (
        sealed_tokens::id.eq(&token.id),
        sealed_tokens::connection.eq(token.connection.as_str()),
        sealed_tokens::fingerprint.eq(&token.fingerprint),
        sealed_tokens::expires_at.eq(token.expires_at.timestamp_micros()),
        sealed_tokens::sealed.eq(&token.sealed),
    );
    on!(conn, |c| diesel::insert_into(sealed_tokens::table).values(row).execute(c)).map(drop)
}

/// Reads a sealed token.
///
/// # Errors
/// The database failed.
pub fn read(conn: &mut Conn<'_>, id: &str) -> Result<Option<Vec<u8>>, DatabaseError> {
    Ok(on!(conn, |c| sealed_tokens::table.find(id).select(sealed_tokens::sealed).first(c).optional())?)
}

/// Removes the token of an id.
///
/// # Errors
/// The database failed.
pub fn remove(conn: &mut Conn<'_>, id: &str) -> Result<(), diesel::result::Error> {
    on!(conn, |c| diesel::delete(sealed_tokens::table.find(id)).execute(c)).map(drop)
}

/// Removes every token that has ended.
///
/// # Errors
/// The database failed.
pub fn prune(conn: &mut Conn<'_>, now: DateTime<Utc>) -> Result<(), diesel::result::Error> {
    let ended = sealed_tokens::table.filter(sealed_tokens::expires_at.le(now.timestamp_micros()));
    on!(conn, |c| diesel::delete(ended).execute(c)).map(drop)
}

/// Removes every token.
///
/// # Errors
/// The database failed.
pub fn remove_all(conn: &mut Conn<'_>) -> Result<(), DatabaseError> {
    on!(conn, |c| diesel::delete(sealed_tokens::table).execute(c))?;
    Ok(())
}

/// Removes the tokens that events put an end to.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let Some(key) = recorded.stored.stream.key() else { continue };
        match &recorded.event {
            Event::Connection(
                ConnectionEvent::Updated(_)
                | ConnectionEvent::Disabled(_)
                | ConnectionEvent::Enabled(_)
                | ConnectionEvent::Deleted(_),
            )
            | Event::Token(TokenEvent::Evicted(_)) => remove_of_connection(conn, key)?,
            Event::Secret(SecretEvent::Rotated(_) | SecretEvent::Deleted(_)) => remove_of_secret(conn, key)?,
            Event::Token(TokenEvent::Rejected(Rejected { fingerprint, .. })) => {
                let rejected = sealed_tokens::table
                    .filter(sealed_tokens::connection.eq(key.as_str()))
                    .filter(sealed_tokens::fingerprint.eq(fingerprint));
                on!(conn, |c| diesel::delete(rejected).execute(c))?;
            }
            Event::Connection(ConnectionEvent::Created(_))
            | Event::Secret(SecretEvent::Created(_))
            | Event::Token(TokenEvent::Issued(_) | TokenEvent::RequestFailed(_))
            | Event::Metadata(_)
            | Event::Exchange(_)
            | Event::Task(_)
            | Event::ConnectionTest(_) => {}
        }
    }
    Ok(())
}

fn remove_of_connection(conn: &mut Conn<'_>, connection: &Key) -> Result<(), DatabaseError> {
    let rows = sealed_tokens::table.filter(sealed_tokens::connection.eq(connection.as_str()));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

/// A connection that took another secret in the same batch has an event of its own, which removes its tokens as well.
fn remove_of_secret(conn: &mut Conn<'_>, secret: &Key) -> Result<(), DatabaseError> {
    for user in using_secret(conn, secret)? {
        remove_of_connection(conn, &user)?;
    }
    Ok(())
}
