//! The life of a stored secret: created, rotated, deleted. Its value never comes near this module.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::connection::{Reasoned, check_reason};
use super::definition::DISPLAY_NAME_LENGTH_MAX;
use super::field::text;
use super::{Decider, FieldError, Key};

/// Longest secret value in bytes; a 16,384-bit RSA key in PEM is about 13 KB.
pub const SECRET_BYTES_MAX: usize = 65_536;

/// A stored secret as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Secret {
    /// No event yet: the Key is free.
    #[default]
    Unborn,
    /// In use.
    Active(ActiveSecret),
    /// Gone; its Key stays taken.
    Deleted {
        /// Number of events in the stream.
        version: u32,
    },
}

/// A secret that has not been deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveSecret {
    /// Display Name.
    pub display_name: String,
    /// Where the value is kept.
    pub provider: SecretProvider,
    /// Keyed fingerprint of the value.
    pub fingerprint: String,
    /// Number of events in the stream, and the version of the value: each event but the delete brings a new value.
    pub version: u32,
}

/// Where a secret's value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecretProvider {
    /// Sealed in Latchkey's own database.
    Database,
}

/// What somebody wants done with a secret. The value is sealed outside; its fingerprint arrives here.
#[derive(Debug, Clone)]
pub enum SecretCommand {
    /// Keep a value under a free Key.
    Create {
        /// Display Name.
        display_name: String,
        /// Keyed fingerprint of the value.
        fingerprint: String,
    },
    /// Replace the value.
    Rotate {
        /// The version that the person saw.
        expected_version: u32,
        /// Keyed fingerprint of the new value.
        fingerprint: String,
        /// Why, for the log.
        reason: Option<String>,
    },
    /// Delete it for ever, its value included.
    Delete {
        /// The version that the person saw.
        expected_version: u32,
        /// Who uses it.
        used_by: SecretUsers,
        /// Why, for the log.
        reason: Option<String>,
    },
}

/// Keys of those that use a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretUsers {
    /// Connections.
    pub connections: Vec<Key>,
    /// HTTP Request Tasks.
    pub tasks: Vec<Key>,
}

impl SecretUsers {
    /// Whether nobody uses it.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.tasks.is_empty()
    }
}

impl fmt::Display for SecretUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} connection(s) and {} task(s)", self.connections.len(), self.tasks.len())
    }
}

/// What happened to a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretEvent {
    /// `secret.created.v1`
    Created(Created),
    /// `secret.rotated.v1`
    Rotated(Rotated),
    /// `secret.deleted.v1`
    Deleted(Reasoned),
}

/// Payload of `secret.created.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Display Name.
    pub display_name: String,
    /// Where the value is kept.
    pub provider: SecretProvider,
    /// Where the provider finds it; `None` for the database.
    pub reference: Option<String>,
    /// Keyed fingerprint of the value.
    pub fingerprint: String,
}

/// Payload of `secret.rotated.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotated {
    /// Keyed fingerprint of the new value.
    pub fingerprint: String,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
}

/// Why a command on a secret is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretRejection {
    /// A field is wrong.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// The Key belongs to this or to a deleted secret.
    #[error("this Key is taken: a Key is never reused, not even after a delete")]
    KeyTaken,
    /// There is no such secret.
    #[error("there is no secret with this Key")]
    NotFound,
    /// Somebody changed the secret since the person read it.
    #[error("the secret is at version {current}, not at the expected version {expected}")]
    VersionConflict {
        /// The version that the person saw.
        expected: u32,
        /// The version now.
        current: u32,
    },
    /// Somebody would be left without their secret.
    #[error("the secret is used by {used_by}; give them another secret first")]
    InUse {
        /// Who uses it.
        used_by: SecretUsers,
    },
}

impl Secret {
    /// The secret when it is in use.
    pub fn active(&self) -> Option<&ActiveSecret> {
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

    fn expect(&self, expected: u32) -> Result<(), SecretRejection> {
        let active = self.active().ok_or(SecretRejection::NotFound)?;
        if active.version == expected {
            Ok(())
        } else {
            Err(SecretRejection::VersionConflict { expected, current: active.version })
        }
    }
}

impl Decider for Secret {
    type Command = SecretCommand;
    type Event = SecretEvent;
    type Rejection = SecretRejection;

    fn decide(&self, command: SecretCommand) -> Result<Vec<SecretEvent>, SecretRejection> {
        match command {
            SecretCommand::Create { display_name, fingerprint } => {
                text("displayName", &display_name, 1, DISPLAY_NAME_LENGTH_MAX)?;
                match self {
                    Self::Unborn => Ok(vec![SecretEvent::Created(Created {
                        display_name,
                        provider: SecretProvider::Database,
                        reference: None,
                        fingerprint,
                    })]),
                    Self::Active(_) | Self::Deleted { .. } => Err(SecretRejection::KeyTaken),
                }
            }
            SecretCommand::Rotate { expected_version, fingerprint, reason } => {
                check_reason(reason.as_deref())?;
                self.expect(expected_version)?;
                Ok(vec![SecretEvent::Rotated(Rotated { fingerprint, reason })])
            }
            SecretCommand::Delete { expected_version, used_by, reason } => {
                check_reason(reason.as_deref())?;
                self.expect(expected_version)?;
                if used_by.is_empty() {
                    Ok(vec![SecretEvent::Deleted(Reasoned { reason })])
                } else {
                    Err(SecretRejection::InUse { used_by })
                }
            }
        }
    }

    fn evolve(self, event: &SecretEvent) -> Self {
        let version = self.version().saturating_add(1);
        match (self, event) {
            (_, SecretEvent::Created(created)) => Self::Active(ActiveSecret {
                display_name: created.display_name.clone(),
                provider: created.provider,
                fingerprint: created.fingerprint.clone(),
                version,
            }),
            (Self::Active(active), SecretEvent::Rotated(rotated)) => {
                Self::Active(ActiveSecret { fingerprint: rotated.fingerprint.clone(), version, ..active })
            }
            (Self::Unborn | Self::Deleted { .. }, SecretEvent::Rotated(_)) | (_, SecretEvent::Deleted(_)) => {
                Self::Deleted { version }
            }
        }
    }
}

/// Checks a secret's value before it is sealed.
///
/// A space or line end around a secret is nearly always the trace of a copy or of `echo`: it is refused and said,
/// never trimmed in silence. A PEM text may end in line ends: its own format does.
///
/// # Errors
/// `EMPTY`, `TOO_LONG` or `SURROUNDING_SPACE` at `source.value`; the value is never repeated.
pub fn check_value(value: &str) -> Result<(), FieldError> {
    let refuse = |code, message: &str| Err(FieldError::at("source.value", code, message));
    if value.trim().is_empty() {
        return refuse("EMPTY", "must not be empty or blank");
    }
    if value.len() > SECRET_BYTES_MAX {
        return refuse("TOO_LONG", "must have at most 65,536 bytes");
    }
    let is_structured = value.trim_start().starts_with("-----BEGIN ") || value.trim_start().starts_with('{');
    if !is_structured && value != value.trim() {
        return refuse("SURROUNDING_SPACE", "starts or ends with a space or line end; remove it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_trailing_line_end_is_refused_but_pem_is_not() {
        assert_eq!(check_value("s3cret\n").map_err(|e| e.code), Err("SURROUNDING_SPACE"));
        assert_eq!(check_value(" s3cret").map_err(|e| e.code), Err("SURROUNDING_SPACE"));
        assert_eq!(check_value("s3 cret"), Ok(()));
        assert_eq!(check_value("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"), Ok(()));
        assert_eq!(check_value(" \n").map_err(|e| e.code), Err("EMPTY"));
        assert_eq!(check_value(&"x".repeat(SECRET_BYTES_MAX)), Ok(()));
        assert_eq!(check_value(&"x".repeat(SECRET_BYTES_MAX + 1)).map_err(|e| e.code), Err("TOO_LONG"));
    }
}
