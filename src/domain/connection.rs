//! The life of a connection: created, updated, disabled, enabled, deleted. A Key is never reused.

use serde::{Deserialize, Serialize};

use super::definition::ConnectionDefinition;
use super::endpoint::Unconfirmed;
use super::{Decider, FieldError};

/// Longest reason given for a change, in characters.
pub const REASON_LENGTH_MAX: usize = 500;

/// A connection as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Connection {
    /// No event yet: the Key is free.
    #[default]
    Unborn,
    /// In use.
    Active(Box<ActiveConnection>),
    /// Gone; its Key stays taken.
    Deleted {
        /// Number of events in the stream.
        version: u32,
    },
}

/// A connection that has not been deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveConnection {
    /// What a person decided about it.
    pub definition: ConnectionDefinition,
    /// Whether requests may use it.
    pub enabled: bool,
    /// Number of events in the stream; `expectedVersion` of the next change.
    pub version: u32,
}

/// What somebody wants done with a connection.
#[derive(Debug, Clone)]
pub enum ConnectionCommand {
    /// Create it under a free Key.
    Create {
        /// Everything a person decides.
        definition: Box<ConnectionDefinition>,
    },
    /// Change its definition, whether it is enabled, or both.
    Update {
        /// The version that the person saw.
        expected_version: u32,
        /// The whole new definition; `None` leaves it.
        definition: Option<Box<ConnectionDefinition>>,
        /// `None` leaves it.
        enabled: Option<bool>,
        /// Why, for the log.
        reason: Option<String>,
    },
    /// Delete it for ever.
    Delete {
        /// The version that the person saw.
        expected_version: u32,
        /// Why, for the log.
        reason: Option<String>,
    },
}

/// What happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionEvent {
    /// `connection.created.v1`
    Created(Created),
    /// `connection.updated.v1`
    Updated(Updated),
    /// `connection.disabled.v1`
    Disabled(Reasoned),
    /// `connection.enabled.v1`
    Enabled(Reasoned),
    /// `connection.deleted.v1`
    Deleted(Reasoned),
}

/// Payload of `connection.created.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Everything a person decided.
    pub definition: ConnectionDefinition,
}

/// Payload of `connection.updated.v1`: the whole new definition, so that a reader needs no earlier event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// The definition from now on.
    pub definition: ConnectionDefinition,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
}

/// Payload of the events that carry nothing but a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoned {
    /// Why, in the words of who did it.
    pub reason: Option<String>,
}

/// Why a command on a connection is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionRejection {
    /// A field is wrong.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// The Key belongs to this or to a deleted connection.
    #[error("this Key is taken: a Key is never reused, not even after a delete")]
    KeyTaken,
    /// It decides where the secret goes, and whoever wants it has neither the right to nor the secret.
    #[error(transparent)]
    Unconfirmed(#[from] Unconfirmed),
    /// There is no such connection.
    #[error("there is no connection with this Key")]
    NotFound,
    /// Somebody changed the connection since the person read it.
    #[error("the connection is at version {current}, not at the expected version {expected}")]
    VersionConflict {
        /// The version that the person saw.
        expected: u32,
        /// The version now.
        current: u32,
    },
}

impl Connection {
    /// The connection when it is in use.
    pub fn active(&self) -> Option<&ActiveConnection> {
        match self {
            Self::Active(active) => Some(active),
            Self::Unborn | Self::Deleted { .. } => None,
        }
    }

    /// Number of events in the stream.
    pub fn version(&self) -> u32 {
        match self {
            Self::Unborn => 0,
            Self::Active(active) => active.version,
            Self::Deleted { version } => *version,
        }
    }

    fn expect(&self, expected: u32) -> Result<&ActiveConnection, ConnectionRejection> {
        let active = self.active().ok_or(ConnectionRejection::NotFound)?;
        if active.version == expected {
            Ok(active)
        } else {
            Err(ConnectionRejection::VersionConflict { expected, current: active.version })
        }
    }
}

impl Decider for Connection {
    type Command = ConnectionCommand;
    type Event = ConnectionEvent;
    type Rejection = ConnectionRejection;

    fn decide(&self, command: ConnectionCommand) -> Result<Vec<ConnectionEvent>, ConnectionRejection> {
        match command {
            ConnectionCommand::Create { definition } => {
                definition.validate()?;
                match self {
                    Self::Unborn => Ok(vec![ConnectionEvent::Created(Created { definition: *definition })]),
                    Self::Active(_) | Self::Deleted { .. } => Err(ConnectionRejection::KeyTaken),
                }
            }
            ConnectionCommand::Update { expected_version, definition, enabled, reason } => {
                check_reason(reason.as_deref())?;
                let active = self.expect(expected_version)?;
                let mut events = Vec::new();
                if let Some(definition) = definition.filter(|new| **new != active.definition) {
                    definition.validate()?;
                    events.push(ConnectionEvent::Updated(Updated { definition: *definition, reason: reason.clone() }));
                }
                match enabled {
                    Some(true) if !active.enabled => events.push(ConnectionEvent::Enabled(Reasoned { reason })),
                    Some(false) if active.enabled => events.push(ConnectionEvent::Disabled(Reasoned { reason })),
                    Some(_) | None => {}
                }
                Ok(events)
            }
            ConnectionCommand::Delete { expected_version, reason } => {
                check_reason(reason.as_deref())?;
                self.expect(expected_version)?;
                Ok(vec![ConnectionEvent::Deleted(Reasoned { reason })])
            }
        }
    }

    fn evolve(self, event: &ConnectionEvent) -> Self {
        let version = self.version().saturating_add(1);
        let enabled = self.active().is_none_or(|active| active.enabled);
        match (self, event) {
            (_, ConnectionEvent::Created(Created { definition })) => {
                Self::Active(Box::new(ActiveConnection { definition: definition.clone(), enabled: true, version }))
            }
            (_, ConnectionEvent::Updated(Updated { definition, .. })) => {
                Self::Active(Box::new(ActiveConnection { definition: definition.clone(), enabled, version }))
            }
            (Self::Active(active), ConnectionEvent::Disabled(_)) => {
                Self::Active(Box::new(ActiveConnection { enabled: false, version, ..*active }))
            }
            (Self::Active(active), ConnectionEvent::Enabled(_)) => {
                Self::Active(Box::new(ActiveConnection { enabled: true, version, ..*active }))
            }
            (Self::Unborn | Self::Deleted { .. }, ConnectionEvent::Disabled(_) | ConnectionEvent::Enabled(_))
            | (_, ConnectionEvent::Deleted(_)) => Self::Deleted { version },
        }
    }
}

/// Checks the reason given for a change.
pub(super) fn check_reason(reason: Option<&str>) -> Result<(), FieldError> {
    match reason {
        Some(reason) => super::field::text("reason", reason, 0, REASON_LENGTH_MAX),
        None => Ok(()),
    }
}
