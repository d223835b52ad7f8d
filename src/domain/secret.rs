//! The life of a stored secret: created, rotated, deleted. Its value never comes near this module.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::connection::{Reasoned, check_reason};
use super::definition::DISPLAY_NAME_LENGTH_MAX;
use super::field::text;
use super::{Decider, FieldError, Key, timestamp};

/// Longest secret value in bytes; a 16,384-bit RSA key in PEM is about 13 KB.
pub const SECRET_BYTES_MAX: usize = 65_536;

/// Longest time during which the previous value is still tried, in milliseconds: 90 days.
pub const OVERLAP_MS_MAX: u64 = 7_776_000_000;

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
    /// When the issuer stops taking the value, as far as somebody said it.
    pub expires_at: Option<DateTime<Utc>>,
    /// The version before, while it is still tried.
    pub previous: Option<PreviousVersion>,
}

/// The value before the current one, which is still tried for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviousVersion {
    /// Its version.
    pub version: u32,
    /// Until when it is tried.
    pub until: DateTime<Utc>,
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
        /// When the issuer stops taking it.
        expires_at: Option<DateTime<Utc>>,
    },
    /// Replace the value.
    Rotate {
        /// The version that the person saw.
        expected_version: u32,
        /// Keyed fingerprint of the new value.
        fingerprint: String,
        /// When the issuer stops taking it.
        expires_at: Option<DateTime<Utc>>,
        /// Until when the value before is still tried; see [`overlap_until`].
        overlap_until: Option<DateTime<Utc>>,
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
    /// When the issuer stops taking it.
    #[serde(default, with = "timestamp", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Payload of `secret.rotated.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotated {
    /// Keyed fingerprint of the new value.
    pub fingerprint: String,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
    /// When the issuer stops taking the new value.
    #[serde(default, with = "timestamp", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when the value before is still tried.
    #[serde(default, with = "timestamp", skip_serializing_if = "Option::is_none")]
    pub overlap_until: Option<DateTime<Utc>>,
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
            SecretCommand::Create { display_name, fingerprint, expires_at } => {
                text("displayName", &display_name, 1, DISPLAY_NAME_LENGTH_MAX)?;
                match self {
                    Self::Unborn => Ok(vec![SecretEvent::Created(Created {
                        display_name,
                        provider: SecretProvider::Database,
                        reference: None,
                        fingerprint,
                        expires_at,
                    })]),
                    Self::Active(_) | Self::Deleted { .. } => Err(SecretRejection::KeyTaken),
                }
            }
            SecretCommand::Rotate { expected_version, fingerprint, expires_at, overlap_until, reason } => {
                check_reason(reason.as_deref())?;
                self.expect(expected_version)?;
                Ok(vec![SecretEvent::Rotated(Rotated { fingerprint, reason, expires_at, overlap_until })])
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
                expires_at: created.expires_at,
                previous: None,
            }),
            (Self::Active(active), SecretEvent::Rotated(rotated)) => Self::Active(ActiveSecret {
                fingerprint: rotated.fingerprint.clone(),
                version,
                expires_at: rotated.expires_at,
                previous: rotated.overlap_until.map(|until| PreviousVersion { version: active.version, until }),
                ..active
            }),
            (Self::Unborn | Self::Deleted { .. }, SecretEvent::Rotated(_)) | (_, SecretEvent::Deleted(_)) => {
                Self::Deleted { version }
            }
        }
    }
}

/// Until when the value before is still tried after a rotation at `now`; `None` without an overlap, and for one of zero.
///
/// # Errors
/// `OUT_OF_RANGE` at `overlap` beyond [`OVERLAP_MS_MAX`].
pub fn overlap_until(now: DateTime<Utc>, overlap_ms: Option<u64>) -> Result<Option<DateTime<Utc>>, FieldError> {
    let overlap_ms = overlap_ms.unwrap_or_default();
    let overlap = i64::try_from(overlap_ms).ok().filter(|_| overlap_ms <= OVERLAP_MS_MAX);
    let Some(overlap) = overlap else {
        return Err(FieldError::at("overlap", "OUT_OF_RANGE", "must be at most 90 days"));
    };
    Ok(now.checked_add_signed(TimeDelta::milliseconds(overlap)).filter(|_| overlap > 0))
}

/// Checks a secret's value before it is sealed, and says what is to be kept of it.
///
/// A space or line end around a secret is nearly always the trace of a copy or of `echo`: it is refused and said, never
/// trimmed in silence. Around a PEM text or a JSON Web Key it means nothing, so there it is left out.
///
/// # Errors
/// `EMPTY`, `BLANK`, `TOO_LONG` or `SURROUNDING_SPACE` at `source.value`; the value is never repeated.
pub fn checked_value(value: &str) -> Result<&str, FieldError> {
    let refuse = |code, message: &str| Err(FieldError::at("source.value", code, message));
    if value.is_empty() {
        return refuse("EMPTY", "must not be empty");
    }
    let inner = value.trim_matches(is_space);
    if inner.is_empty() {
        return refuse("BLANK", "has nothing but spaces and line ends");
    }
    if value.len() > SECRET_BYTES_MAX {
        return refuse("TOO_LONG", "must have at most 65,536 bytes");
    }
    let is_key = inner.contains("-----BEGIN ") || (inner.starts_with('{') && inner.ends_with('}'));
    if inner.len() == value.len() || is_key {
        return Ok(inner);
    }
    let where_to_look = if value.starts_with(inner) {
        "ends with a space or line end; remove it"
    } else if value.ends_with(inner) {
        "starts with a space, line end or byte order mark; remove it"
    } else {
        "starts and ends with a space or line end; remove both"
    };
    refuse("SURROUNDING_SPACE", where_to_look)
}

/// White space, and the mark that some editors put in front of a file.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(value: &str) -> (&'static str, String) {
        checked_value(value).map_err(|error| (error.code, error.message)).unwrap_err()
    }

    #[test]
    fn an_overlap_has_at_most_ninety_days() {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let until = |overlap_ms| overlap_until(now, overlap_ms).map(|until| until.map(|at| at.to_rfc3339()));
        assert_eq!((until(None), until(Some(0))), (Ok(None), Ok(None)));
        assert_eq!(until(Some(1_000)), Ok(Some("2026-03-01T12:00:01+00:00".to_owned())));
        assert_eq!(until(Some(OVERLAP_MS_MAX)), Ok(Some("2026-05-30T12:00:00+00:00".to_owned())));
        assert_eq!(until(Some(OVERLAP_MS_MAX + 1)).map_err(|error| error.code), Err("OUT_OF_RANGE"));
        assert_eq!(until(Some(u64::MAX)).map_err(|error| error.code), Err("OUT_OF_RANGE"));
    }

    #[test]
    fn an_empty_value_and_a_blank_one_are_told_apart() {
        assert_eq!(refusal("").0, "EMPTY");
        for blank in [" ", "\n", " \t\r\n", "\u{a0}", "\u{feff}\n"] {
            assert_eq!(refusal(blank).0, "BLANK", "{blank:?}");
        }
    }

    #[test]
    fn space_around_a_value_is_refused_saying_where() {
        let told = |value: &str| {
            let (code, message) = refusal(value);
            assert_eq!(code, "SURROUNDING_SPACE");
            message
        };
        assert_eq!(told("s3cret\n"), "ends with a space or line end; remove it");
        assert_eq!(told(" s3cret"), "starts with a space, line end or byte order mark; remove it");
        assert_eq!(told("\u{feff}s3cret"), "starts with a space, line end or byte order mark; remove it");
        assert_eq!(told(" s3cret\r\n"), "starts and ends with a space or line end; remove both");
        assert_eq!(told("{s3cret\n"), "ends with a space or line end; remove it");
        assert_eq!(checked_value("s3 cret"), Ok("s3 cret"));
    }

    #[test]
    fn space_around_a_key_is_left_out() {
        let pem = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----";
        assert_eq!(checked_value(&format!("\u{feff}{pem}\r\n\n")), Ok(pem));
        let with_attributes = format!("Bag Attributes\n    friendlyName: x\n{pem}");
        assert_eq!(checked_value(&format!("{with_attributes}\n")), Ok(with_attributes.as_str()));
        assert_eq!(checked_value(" {\"kty\":\"EC\"}\n"), Ok("{\"kty\":\"EC\"}"));
    }

    #[test]
    fn a_value_has_at_most_65536_bytes() {
        let edge = "x".repeat(SECRET_BYTES_MAX);
        assert_eq!(checked_value(&edge), Ok(edge.as_str()));
        assert_eq!(refusal(&format!("{edge}x")).0, "TOO_LONG");
    }
}
