//! An event as it is stored: one line of JSON, whose exact bytes are the leaf of the tree. See `docs/event-format.md`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::merkle::Hash;
use super::{DatabaseError, Position};
use crate::domain::actor::{Actor, ActorType};
use crate::domain::event::UnreadableEvent;
use crate::domain::{Event, StreamId};

/// The version of the record's layout; part of every record.
pub const RECORD_FORMAT: u8 = 1;

/// Who asked for it, through which request: what every event of one command shares.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// Who.
    pub actor: Actor,
    /// The request that reached Latchkey, if one did.
    pub request_id: Option<Uuid>,
    /// W3C trace id, if the caller sent one.
    pub trace_id: Option<String>,
    /// Groups all events of one story; the id of an exchange for everything done in it.
    pub correlation_id: Uuid,
    /// The event that led to this one.
    pub causation_id: Option<Uuid>,
    /// Address of the caller.
    pub source_ip: Option<String>,
    /// What the caller says it is.
    pub user_agent: Option<String>,
}

impl Provenance {
    /// Latchkey's own doing, with no request behind it.
    pub fn system(correlation_id: Uuid) -> Self {
        Self {
            actor: Actor::system(),
            request_id: None,
            trace_id: None,
            correlation_id,
            causation_id: None,
            source_ip: None,
            user_agent: None,
        }
    }

    /// The same story, caused by one of its events.
    #[must_use]
    pub fn caused_by(&self, event: Uuid) -> Self {
        Self { causation_id: Some(event), ..self.clone() }
    }
}

/// The fields that are about a person: sealed in the record with the subject's own key, so that they can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// The actor's name as it was.
    pub actor_display: String,
    /// Address of the caller.
    pub source_ip: Option<String>,
    /// What the caller says it is.
    pub user_agent: Option<String>,
}

/// Sealed [`Personal`] fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPersonal {
    /// Whose key seals them: an actor's id.
    pub subject: String,
    /// base64url without padding.
    pub sealed: String,
}

/// The part of an actor that is no personal field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorId {
    /// The kind of somebody.
    pub r#type: ActorType,
    /// Stable pseudonym.
    pub id: String,
}

/// The record, field by field in the order of its bytes. Changing this struct changes the log's format.
#[derive(Serialize, Deserialize)]
pub(super) struct Record<'a> {
    pub format: u8,
    pub position: Position,
    pub r#type: &'a str,
    pub stream: StreamId,
    pub version: u32,
    pub id: Uuid,
    #[serde(serialize_with = "micros")]
    pub recorded_at: DateTime<Utc>,
    pub actor: ActorId,
    pub request_id: Option<Uuid>,
    pub trace_id: Option<String>,
    pub correlation_id: Uuid,
    pub causation_id: Option<Uuid>,
    pub personal: Option<SealedPersonal>,
    #[serde(borrow)]
    pub payload: &'a RawValue,
}

/// RFC 3339 in UTC with exactly six decimals and `Z`.
fn micros<S: serde::Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// An event as read from the log.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Place in the whole log.
    pub position: Position,
    /// Persisted name with its version, also of types that this version does not know.
    pub event_type: String,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Place in its stream.
    pub version: u32,
    /// `UUIDv7`.
    pub id: Uuid,
    /// When it was stored, to the microsecond.
    pub recorded_at: DateTime<Utc>,
    /// Who caused it.
    pub actor: ActorId,
    /// The request that reached Latchkey.
    pub request_id: Option<Uuid>,
    /// W3C trace id.
    pub trace_id: Option<String>,
    /// Groups all events of one story.
    pub correlation_id: Uuid,
    /// The event that led to this one.
    pub causation_id: Option<Uuid>,
    /// Sealed personal fields.
    pub personal: Option<SealedPersonal>,
    /// The payload, byte for byte.
    pub payload: Box<RawValue>,
    /// The whole record, byte for byte: the line that `latchkey events` prints.
    pub record: Vec<u8>,
    /// `SHA-256(0x00 ‖ record)`
    pub leaf_hash: Hash,
}

/// A stored event together with its meaning.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// As stored.
    pub stored: std::sync::Arc<StoredEvent>,
    /// What it says.
    pub event: Event,
}

impl StoredEvent {
    /// Reads a record.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], naming the position, when the bytes are not a record of this format, or of another place.
    pub fn parse(position: Position, record: Vec<u8>, leaf_hash: Hash) -> Result<Self, DatabaseError> {
        let parsed: Record<'_> = serde_json::from_slice(&record)
            .map_err(|error| DatabaseError::Corrupt(format!("the record at position {position}: {error}")))?;
        if parsed.format != RECORD_FORMAT {
            let format = parsed.format;
            return Err(DatabaseError::Corrupt(format!("the record at position {position} has format {format}")));
        }
        if parsed.position != position {
            let said = parsed.position;
            return Err(DatabaseError::Corrupt(format!("the record at position {position} says that it is {said}")));
        }
        let payload = parsed.payload.to_owned();
        let event_type = parsed.r#type.to_owned();
        let Record { stream, version, id, recorded_at, actor, request_id, trace_id, .. } = parsed;
        let Record { correlation_id, causation_id, personal, .. } = parsed;
        Ok(Self {
            position,
            event_type,
            stream,
            version,
            id,
            recorded_at,
            actor,
            request_id,
            trace_id,
            correlation_id,
            causation_id,
            personal,
            payload,
            record,
            leaf_hash,
        })
    }

    /// What the event says.
    ///
    /// # Errors
    /// This version does not know the type, or the payload is not what the type promises.
    pub fn event(&self) -> Result<Event, UnreadableEvent> {
        Event::parse(&self.event_type, self.payload.get())
    }
}
