//! `client_secret_basic` and `client_secret_post` (RFC 6749 §2.3.1): a client secret as it travels.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use crate::domain::definition::CredentialPlacement;

/// How the client id and its secret travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretTransport {
    /// Header or body.
    pub placement: CredentialPlacement,
    /// Whether both are form-encoded inside the header, as RFC 6749 §2.3.1 has it; some servers don't decode.
    pub form_encode: bool,
    /// Whether `client_id` is in the body although it is in the header; some servers look for it there.
    pub client_id_in_body: bool,
}

impl SecretTransport {
    /// As the RFC has it: form-encoded in the header, and `client_id` in one place only.
    pub fn standard(placement: CredentialPlacement) -> Self {
        Self { placement, form_encode: true, client_id_in_body: false }
    }
}

/// Why the credentials can't be put into a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BasicProblem {
    /// The server would take the part behind the colon for the secret (RFC 7617 §2).
    #[error("the Client ID has a colon, which can't travel in a Basic header that is not form-encoded")]
    ColonInClientId,
    /// RFC 7617 §2 forbids them.
    #[error(
        "the Client ID or the secret has a control character, which can't travel in a Basic header that is not form-encoded"
    )]
    ControlCharacter,
}

/// What follows `Basic ` in the header: the id and the secret, with a colon between, as base64 of UTF-8 (RFC 7617 §2).
///
/// # Errors
/// [`BasicProblem`], only when they are not form-encoded: encoded ones have no such characters left.
pub fn basic_credentials(client_id: &str, secret: &str, form_encode: bool) -> Result<Zeroizing<String>, BasicProblem> {
    let pair = if form_encode {
        // So that a colon in the id can't be taken for the separator.
        Zeroizing::new([form_encoded(client_id).as_str(), ":", &form_encoded(secret)].concat())
    } else if client_id.contains(':') {
        return Err(BasicProblem::ColonInClientId);
    } else if client_id.chars().chain(secret.chars()).any(char::is_control) {
        return Err(BasicProblem::ControlCharacter);
    } else {
        Zeroizing::new([client_id, ":", secret].concat())
    };
    Ok(Zeroizing::new(STANDARD.encode(pair.as_bytes())))
}

fn form_encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(client_id: &str, secret: &str, form_encode: bool) -> Result<String, BasicProblem> {
        let credentials = basic_credentials(client_id, secret, form_encode)?;
        Ok(String::from_utf8(STANDARD.decode(credentials.as_bytes()).unwrap()).unwrap())
    }

    #[test]
    fn both_parts_are_form_encoded_unless_the_server_does_not_decode() {
        assert_eq!(sent("my:client", "s3 cr:et/ü+", true), Ok("my%3Aclient:s3+cr%3Aet%2F%C3%BC%2B".to_owned()));
        assert_eq!(sent("my client", "s3 cr:et/ü+", false), Ok("my client:s3 cr:et/ü+".to_owned()));
        // Nothing to encode: both ways are the same.
        assert_eq!(sent("client-1", "Abc_.*", true), sent("client-1", "Abc_.*", false));
    }

    #[test]
    fn what_a_plain_basic_header_can_not_carry_is_refused() {
        assert_eq!(sent("my:client", "s", false), Err(BasicProblem::ColonInClientId));
        assert_eq!(sent("client", "a\nb", false), Err(BasicProblem::ControlCharacter));
        assert_eq!(sent("cli\tent", "s", false), Err(BasicProblem::ControlCharacter));
        assert_eq!(sent("cli\tent", "a\nb", true), Ok("cli%09ent:a%0Ab".to_owned()));
    }
}
