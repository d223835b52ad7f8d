//! Keeps the client's credentials out of texts that an issuer sends back.
//!
//! Some issuers quote what they were sent in `error_description`. Such a text is stored and shown, so the credentials of
//! the request are blotted out of it first, in each spelling in which they travelled.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

/// What stands where a credential stood.
pub const REDACTED: &str = "••••";

/// Texts that must not be stored or shown.
#[derive(Clone, Default)]
pub struct Redactions(Vec<SecretString>);

impl Redactions {
    /// Adds a value as it is, form-encoded (with `+` and with `%20`), in base64, in hexadecimal and as a JSON text.
    pub fn add(&mut self, value: &str) {
        let form_encoded: String = byte_serialize(value.as_bytes()).collect();
        self.add_exactly(&form_encoded.replace('+', "%20"));
        self.add_exactly(&form_encoded);
        self.add_exactly(Value::from(value).to_string().trim_matches('"'));
        self.add_exactly(&STANDARD.encode(value));
        self.add_exactly(&URL_SAFE_NO_PAD.encode(value));
        let hexadecimal = hex::encode(value);
        self.add_exactly(&hexadecimal.to_ascii_uppercase());
        self.add_exactly(&hexadecimal);
        self.add_exactly(value);
    }

    /// Adds a value in this spelling only. An empty value is no secret.
    pub fn add_exactly(&mut self, value: &str) {
        if value.is_empty() || self.0.iter().any(|known| known.expose_secret() == value) {
            return;
        }
        self.0.push(SecretString::from(value));
        // A value that contains another one must go first, or its rest would stay readable.
        self.0.sort_by_key(|value| std::cmp::Reverse(value.expose_secret().len()));
    }

    /// The text without any of the values.
    pub fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, value| text.replace(value.expose_secret(), REDACTED))
    }
}

impl fmt::Debug for Redactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactions({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_blotted_out_in_every_spelling() {
        let mut redactions = Redactions::default();
        redactions.add("s3cret /+");
        let echoed = "raw s3cret /+, form s3cret+%2F%2B, url s3cret%20%2F%2B, base64 czNjcmV0IC8r, \
                      hex 733363726574202f2b, HEX 733363726574202F2B";
        assert_eq!(redactions.apply(echoed), "raw ••••, form ••••, url ••••, base64 ••••, hex ••••, HEX ••••");
        assert_eq!(format!("{redactions:?}"), "Redactions(6)");
    }

    #[test]
    fn the_longer_value_goes_first_and_an_empty_one_is_ignored() {
        let mut redactions = Redactions::default();
        redactions.add_exactly("");
        redactions.add_exactly("abc");
        redactions.add_exactly("abcdef");
        assert_eq!(redactions.apply("abcdef abc ab"), "•••• •••• ab");
    }
}
