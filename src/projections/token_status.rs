//! The newest token of a connection that may still be used, as the log tells it. Read from the log itself: the few events
//! that matter are found by their streams, so no table has to be kept in step.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::token::{Issued, Rejected, TokenEvent};
use crate::domain::{Event, Key, StreamId};
use crate::event_log::read::{self, PAGE_EVENTS_MAX};
use crate::event_log::{Conn, DatabaseError, Filter, Page, Position, StoredEvent};

/// What puts a token there, or takes it away.
const EVENT_TYPES: [&str; 9] = [
    "token.issued.v1",
    "token.rejected.v1",
    "token.evicted.v1",
    "connection.updated.v1",
    "connection.disabled.v1",
    "connection.enabled.v1",
    "connection.deleted.v1",
    "secret.rotated.v1",
    "secret.deleted.v1",
];
/// Events read at once, at first: mostly the newest one decides.
const PAGE_EVENTS: u32 = 8;

/// Whose token is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    /// Key of the connection.
    pub connection: Key,
    /// Its version: a token that was asked for by an earlier one is not its token.
    pub version: u32,
    /// Its secret, if it has one.
    pub secret: Option<Key>,
}

/// What is known of a token. Never the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStatus {
    /// Position of the event that tells of it.
    pub position: Position,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// `scope` of the answer.
    pub scope: Option<String>,
    /// `token_type` of the answer.
    pub token_type: String,
    /// Keyed fingerprint.
    pub fingerprint: String,
}

/// Reads the newest token that was fetched for the connection as it is, whatever its parameters, and that was neither
/// refused by an API nor evicted nor has ended.
///
/// # Errors
/// The database failed, or an event can't be understood.
pub fn newest(conn: &mut Conn<'_>, of: &Holder, now: DateTime<Utc>) -> Result<Option<TokenStatus>, DatabaseError> {
    let mut streams = vec![StreamId::Connection(of.connection.clone()), StreamId::Token(of.connection.clone())];
    streams.extend(of.secret.clone().map(StreamId::Secret));
    let filter = Filter {
        types: Some(EVENT_TYPES.map(str::to_owned).to_vec()),
        streams: streams.iter().map(ToString::to_string).collect(),
        ..Filter::default()
    };
    let (mut before, mut limit, mut refused) = (None, PAGE_EVENTS, Vec::new());
    loop {
        let page = read::page(conn, Page { after: 0, before, descending: true, limit }, &filter)?;
        let Some(last) = page.last() else { return Ok(None) };
        (before, limit) = (Some(last.position), PAGE_EVENTS_MAX);
        for stored in page {
            match stored.event().map_err(|error| DatabaseError::Corrupt(error.to_string()))? {
                Event::Token(TokenEvent::Rejected(Rejected { fingerprint, .. })) => refused.push(fingerprint),
                Event::Token(TokenEvent::Issued(issued)) if refused.contains(&issued.fingerprint) => return Ok(None),
                Event::Token(TokenEvent::Issued(issued)) if issued.connection_version == of.version => {
                    return Ok(Some(status(&stored, issued)).filter(|status| status.expires_at > now));
                }
                Event::Token(TokenEvent::Issued(_) | TokenEvent::RequestFailed(_)) | Event::Metadata(_) => {}
                Event::Token(TokenEvent::Evicted(_))
                | Event::Connection(_)
                | Event::Secret(_)
                | Event::Exchange(_)
                | Event::Task(_)
                | Event::ConnectionTest(_) => {
                    return Ok(None);
                }
            }
        }
    }
}

fn status(stored: &StoredEvent, issued: Issued) -> TokenStatus {
    let fetched_at = stored.recorded_at;
    let lifetime = TimeDelta::milliseconds(i64::try_from(issued.lifetime_ms).unwrap_or(i64::MAX));
    TokenStatus {
        position: stored.position,
        fetched_at,
        expires_at: fetched_at.checked_add_signed(lifetime).unwrap_or(fetched_at),
        scope: issued.scope,
        token_type: issued.token_type,
        fingerprint: issued.fingerprint,
    }
}
