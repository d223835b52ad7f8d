//! Where the parts of a token answer stand when an endpoint does not answer as RFC 6749 §5.1 says.

use serde::{Deserialize, Serialize};

use super::FieldError;
use super::field::text;

/// Longest pointer in characters.
pub const POINTER_LENGTH_MAX: usize = 256;

/// RFC 6901 pointers into the JSON answer. An absent one stands for the usual place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseMapping {
    /// To the token, such as `/data/token`.
    pub access_token: Option<String>,
    /// To its lifetime.
    pub expires_in: Option<String>,
    /// What the lifetime is counted in.
    pub expires_in_unit: LifetimeUnit,
    /// To its type. With a mapping, an answer without one means Bearer.
    pub token_type: Option<String>,
    /// To its scope.
    pub scope: Option<String>,
}

/// What a lifetime is counted in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LifetimeUnit {
    /// As RFC 6749 §5.1 says.
    #[default]
    Seconds,
    /// Thousandths of it.
    Milliseconds,
}

impl ResponseMapping {
    /// Checks that every pointer is one (RFC 6901 §3).
    ///
    /// # Errors
    /// The first field that is wrong, by the name it has in the GraphQL input.
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        let fields = [
            ("accessToken", &self.access_token),
            ("expiresIn", &self.expires_in),
            ("tokenType", &self.token_type),
            ("scope", &self.scope),
        ];
        for (name, pointer) in fields {
            let Some(pointer) = pointer else { continue };
            let path = format!("responseMapping.{name}");
            text(&path, pointer, 1, POINTER_LENGTH_MAX)?;
            if !is_pointer(pointer) {
                let message = "must be a JSON pointer (RFC 6901), such as /data/token";
                return Err(FieldError::at(&path, "INVALID_POINTER", message));
            }
        }
        Ok(())
    }
}

/// `/` and segments, where `~` is only ever written `~0` or `~1`.
fn is_pointer(text: &str) -> bool {
    text.starts_with('/') && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_pointers_are_pointers() {
        for pointer in ["/token", "/data/0/token", "/", "/a~1b/c~0d"] {
            assert!(is_pointer(pointer), "{pointer}");
        }
        for other in ["token", "$.token", "/a~", "/a~2"] {
            assert!(!is_pointer(other), "{other}");
        }
    }
}
