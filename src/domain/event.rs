//! Every event of the log in one type, and the one table of its persisted names.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::connection::ConnectionEvent;
use super::connection_test::ConnectionTestEvent;
use super::exchange::ExchangeEvent;
use super::metadata::MetadataEvent;
use super::secret::SecretEvent;
use super::task::TaskEvent;
use super::token::TokenEvent;

/// A fact of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "events are read one by one, and definitions are the rarest of them")]
pub enum Event {
    /// About a connection.
    Connection(ConnectionEvent),
    /// About a stored secret.
    Secret(SecretEvent),
    /// About a connection's tokens.
    Token(TokenEvent),
    /// About an HTTP Request Task.
    Task(TaskEvent),
    /// About what a connection's issuer publishes.
    Metadata(MetadataEvent),
    /// About an HTTP request.
    Exchange(ExchangeEvent),
    /// About a test of a connection.
    ConnectionTest(ConnectionTestEvent),
}

/// Every persisted name, and the category of the streams in which its events stand.
pub const NAMES: [(&str, &str); 24] = [
    ("connection.created.v1", "connection"),
    ("connection.updated.v1", "connection"),
    ("connection.disabled.v1", "connection"),
    ("connection.enabled.v1", "connection"),
    ("connection.deleted.v1", "connection"),
    ("secret.created.v1", "secret"),
    ("secret.rotated.v1", "secret"),
    ("secret.deleted.v1", "secret"),
    ("token.issued.v1", "token"),
    ("token.request_failed.v1", "token"),
    ("token.rejected.v1", "token"),
    ("token.evicted.v1", "token"),
    ("connection.metadata_changed.v1", "token"),
    ("connection.metadata_settled.v1", "token"),
    ("task.created.v1", "task"),
    ("task.updated.v1", "task"),
    ("task.deleted.v1", "task"),
    ("exchange.started.v1", "exchange"),
    ("exchange.completed.v1", "exchange"),
    ("exchange.failed.v1", "exchange"),
    ("exchange.outcome_unknown.v1", "exchange"),
    ("connection_test.started.v1", "test"),
    ("connection.tested.v1", "test"),
    ("connection_test.outcome_unknown.v1", "test"),
];

/// Why a stored event can't be read by this version.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEvent {
    /// A newer version wrote it.
    #[error("event type {0} is not known to this version")]
    UnknownType(String),
    /// The payload does not have the shape that its type promises.
    #[error("the payload of {event_type} can't be read")]
    Malformed {
        /// Persisted name.
        event_type: String,
        /// What is wrong, by line and column.
        #[source]
        source: serde_json::Error,
    },
}

impl Event {
    /// The persisted name with its version. Never changes for a fact that was ever written.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connection(ConnectionEvent::Created(_)) => "connection.created.v1",
            Self::Connection(ConnectionEvent::Updated(_)) => "connection.updated.v1",
            Self::Connection(ConnectionEvent::Disabled(_)) => "connection.disabled.v1",
            Self::Connection(ConnectionEvent::Enabled(_)) => "connection.enabled.v1",
            Self::Connection(ConnectionEvent::Deleted(_)) => "connection.deleted.v1",
            Self::Secret(SecretEvent::Created(_)) => "secret.created.v1",
            Self::Secret(SecretEvent::Rotated(_)) => "secret.rotated.v1",
            Self::Secret(SecretEvent::Deleted(_)) => "secret.deleted.v1",
            Self::Token(TokenEvent::Issued(_)) => "token.issued.v1",
            Self::Token(TokenEvent::RequestFailed(_)) => "token.request_failed.v1",
            Self::Token(TokenEvent::Rejected(_)) => "token.rejected.v1",
            Self::Token(TokenEvent::Evicted(_)) => "token.evicted.v1",
            Self::Task(TaskEvent::Created(_)) => "task.created.v1",
            Self::Task(TaskEvent::Updated(_)) => "task.updated.v1",
            Self::Task(TaskEvent::Deleted(_)) => "task.deleted.v1",
            Self::Metadata(MetadataEvent::Changed(_)) => "connection.metadata_changed.v1",
            Self::Metadata(MetadataEvent::Settled(_)) => "connection.metadata_settled.v1",
            Self::Exchange(ExchangeEvent::Started(_)) => "exchange.started.v1",
            Self::Exchange(ExchangeEvent::Completed(_)) => "exchange.completed.v1",
            Self::Exchange(ExchangeEvent::Failed(_)) => "exchange.failed.v1",
            Self::Exchange(ExchangeEvent::OutcomeUnknown(_)) => "exchange.outcome_unknown.v1",
            Self::ConnectionTest(ConnectionTestEvent::Started(_)) => "connection_test.started.v1",
            Self::ConnectionTest(ConnectionTestEvent::Tested(_)) => "connection.tested.v1",
            Self::ConnectionTest(ConnectionTestEvent::OutcomeUnknown(_)) => "connection_test.outcome_unknown.v1",
        }
    }

    /// The payload as JSON text: no white space, fields in the order of the Rust type.
    ///
    /// # Errors
    /// None in practice: every payload is a plain struct with text keys.
    pub fn payload(&self) -> Result<Box<RawValue>, serde_json::Error> {
        use serde_json::value::to_raw_value;
        match self {
            Self::Connection(ConnectionEvent::Created(payload)) => to_raw_value(payload),
            Self::Connection(ConnectionEvent::Updated(payload)) => to_raw_value(payload),
            Self::Connection(
                ConnectionEvent::Disabled(payload)
                | ConnectionEvent::Enabled(payload)
                | ConnectionEvent::Deleted(payload),
            )
            | Self::Secret(SecretEvent::Deleted(payload))
            | Self::Task(TaskEvent::Deleted(payload)) => to_raw_value(payload),
            Self::Task(TaskEvent::Created(payload)) => to_raw_value(payload),
            Self::Task(TaskEvent::Updated(payload)) => to_raw_value(payload),
            Self::Secret(SecretEvent::Created(payload)) => to_raw_value(payload),
            Self::Secret(SecretEvent::Rotated(payload)) => to_raw_value(payload),
            Self::Token(TokenEvent::Issued(payload)) => to_raw_value(payload),
            Self::Token(TokenEvent::RequestFailed(payload)) => to_raw_value(payload),
            Self::Token(TokenEvent::Rejected(payload)) => to_raw_value(payload),
            Self::Token(TokenEvent::Evicted(payload)) => to_raw_value(payload),
            Self::Metadata(MetadataEvent::Changed(payload)) => to_raw_value(payload),
            Self::Metadata(MetadataEvent::Settled(payload)) => to_raw_value(payload),
            Self::Exchange(ExchangeEvent::Started(payload)) => to_raw_value(payload),
            Self::Exchange(ExchangeEvent::Completed(payload)) => to_raw_value(payload),
            Self::Exchange(ExchangeEvent::Failed(payload)) => to_raw_value(payload),
            Self::Exchange(ExchangeEvent::OutcomeUnknown(payload)) => to_raw_value(payload),
            Self::ConnectionTest(ConnectionTestEvent::Started(payload)) => to_raw_value(payload),
            Self::ConnectionTest(ConnectionTestEvent::Tested(payload)) => to_raw_value(payload),
            Self::ConnectionTest(ConnectionTestEvent::OutcomeUnknown(payload)) => to_raw_value(payload),
        }
    }

    /// Reads a stored event. Fields that a newer version added are ignored.
    ///
    /// # Errors
    /// [`UnreadableEvent`]: the reader must stop there, not skip.
    pub fn parse(name: &str, payload: &str) -> Result<Self, UnreadableEvent> {
        Ok(match name {
            "connection.created.v1" => Self::Connection(ConnectionEvent::Created(read(name, payload)?)),
            "connection.updated.v1" => Self::Connection(ConnectionEvent::Updated(read(name, payload)?)),
            "connection.disabled.v1" => Self::Connection(ConnectionEvent::Disabled(read(name, payload)?)),
            "connection.enabled.v1" => Self::Connection(ConnectionEvent::Enabled(read(name, payload)?)),
            "connection.deleted.v1" => Self::Connection(ConnectionEvent::Deleted(read(name, payload)?)),
            "secret.created.v1" => Self::Secret(SecretEvent::Created(read(name, payload)?)),
            "secret.rotated.v1" => Self::Secret(SecretEvent::Rotated(read(name, payload)?)),
            "secret.deleted.v1" => Self::Secret(SecretEvent::Deleted(read(name, payload)?)),
            "token.issued.v1" => Self::Token(TokenEvent::Issued(read(name, payload)?)),
            "token.request_failed.v1" => Self::Token(TokenEvent::RequestFailed(read(name, payload)?)),
            "token.rejected.v1" => Self::Token(TokenEvent::Rejected(read(name, payload)?)),
            "token.evicted.v1" => Self::Token(TokenEvent::Evicted(read(name, payload)?)),
            "task.created.v1" => Self::Task(TaskEvent::Created(read(name, payload)?)),
            "task.updated.v1" => Self::Task(TaskEvent::Updated(read(name, payload)?)),
            "task.deleted.v1" => Self::Task(TaskEvent::Deleted(read(name, payload)?)),
            "connection.metadata_changed.v1" => Self::Metadata(MetadataEvent::Changed(read(name, payload)?)),
            "connection.metadata_settled.v1" => Self::Metadata(MetadataEvent::Settled(read(name, payload)?)),
            "exchange.started.v1" => Self::Exchange(ExchangeEvent::Started(read(name, payload)?)),
            "exchange.completed.v1" => Self::Exchange(ExchangeEvent::Completed(read(name, payload)?)),
            "exchange.failed.v1" => Self::Exchange(ExchangeEvent::Failed(read(name, payload)?)),
            "exchange.outcome_unknown.v1" => Self::Exchange(ExchangeEvent::OutcomeUnknown(read(name, payload)?)),
            "connection_test.started.v1" => Self::ConnectionTest(ConnectionTestEvent::Started(read(name, payload)?)),
            "connection.tested.v1" => Self::ConnectionTest(ConnectionTestEvent::Tested(read(name, payload)?)),
            "connection_test.outcome_unknown.v1" => {
                Self::ConnectionTest(ConnectionTestEvent::OutcomeUnknown(read(name, payload)?))
            }
            unknown => return Err(UnreadableEvent::UnknownType(unknown.to_owned())),
        })
    }
}

fn read<T: DeserializeOwned>(name: &str, payload: &str) -> Result<T, UnreadableEvent> {
    serde_json::from_str(payload).map_err(|source| UnreadableEvent::Malformed { event_type: name.to_owned(), source })
}

impl From<ConnectionEvent> for Event {
    fn from(event: ConnectionEvent) -> Self {
        Self::Connection(event)
    }
}

impl From<SecretEvent> for Event {
    fn from(event: SecretEvent) -> Self {
        Self::Secret(event)
    }
}

impl From<TokenEvent> for Event {
    fn from(event: TokenEvent) -> Self {
        Self::Token(event)
    }
}

impl From<TaskEvent> for Event {
    fn from(event: TaskEvent) -> Self {
        Self::Task(event)
    }
}

impl From<MetadataEvent> for Event {
    fn from(event: MetadataEvent) -> Self {
        Self::Metadata(event)
    }
}

impl From<ExchangeEvent> for Event {
    fn from(event: ExchangeEvent) -> Self {
        Self::Exchange(event)
    }
}

impl From<ConnectionTestEvent> for Event {
    fn from(event: ConnectionTestEvent) -> Self {
        Self::ConnectionTest(event)
    }
}

impl TryFrom<Event> for ConnectionEvent {
    type Error = Event;

    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Connection(event) => Ok(event),
            other => Err(other),
        }
    }
}

impl TryFrom<Event> for SecretEvent {
    type Error = Event;

    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Secret(event) => Ok(event),
            other => Err(other),
        }
    }
}

impl TryFrom<Event> for TokenEvent {
    type Error = Event;

    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Token(event) => Ok(event),
            other => Err(other),
        }
    }
}

impl TryFrom<Event> for TaskEvent {
    type Error = Event;

    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Task(event) => Ok(event),
            other => Err(other),
        }
    }
}

impl TryFrom<Event> for ExchangeEvent {
    type Error = Event;

    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Exchange(event) => Ok(event),
            other => Err(other),
        }
    }
}

impl TryFrom<Event> for ConnectionTestEvent {
    type Error = Event;

    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::ConnectionTest(event) => Ok(event),
            other => Err(other),
        }
    }
}
