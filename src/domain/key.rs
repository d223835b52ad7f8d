//! AireGlu's *Key*: the name by which programs know a connection, a secret or a task.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::FieldError;

/// Longest Key in characters.
pub const KEY_LENGTH_MAX: usize = 63;

/// A Key: `^[a-z][a-z0-9-]{0,62}$`. Never reused, not even after a delete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

impl Key {
    /// Parses a Key.
    ///
    /// # Errors
    /// `INVALID_KEY` at the field `key` when the text does not match `^[a-z][a-z0-9-]{0,62}$`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let mut characters = text.chars();
        let starts_well = characters.next().is_some_and(|c| c.is_ascii_lowercase());
        let goes_on_well = characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if starts_well && goes_on_well && text.len() <= KEY_LENGTH_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(FieldError::at(
                "key",
                "INVALID_KEY",
                "a Key starts with a letter a-z and goes on with at most 62 of a-z, 0-9 and \"-\"",
            ))
        }
    }

    /// The Key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Key {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_letter_then_letters_digits_and_dashes() {
        for good in ["a", "my-client", "a1", "a-", &"a".repeat(63)] {
            assert!(Key::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "A", "a_b", "a b", "ä", "a\n", &"a".repeat(64)] {
            assert!(Key::parse(bad).is_err(), "{bad}");
        }
    }
}
