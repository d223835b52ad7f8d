//! Bearer authentication (RFC 6750): who sends this?
//!
//! Deliberately absent: tokens in query strings, which end up in logs, and cookies. What a browser sends by itself is what
//! another site can make it send; where a cookie may speak all the same, and for whom, is for `session` alone to say.

use actix_web::http::header::HeaderValue;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::domain::Actor;
use crate::graphql::caller::Caller;

/// The value of `WWW-Authenticate` in every 401.
pub const CHALLENGE: &str = r#"Bearer realm="latchkey""#;

/// The longest bearer token that is looked at, in bytes.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Why somebody is not let in. The client is told none of it; the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthRefusal {
    /// No credentials.
    #[error("no credentials")]
    Missing,
    /// Not `Bearer` and a token.
    #[error("malformed credentials")]
    Malformed,
    /// A token that is nobody's.
    #[error("unknown token")]
    UnknownToken,
    /// The cookie of a session that is over, or never was.
    #[error("unknown or ended session")]
    UnknownSession,
}

/// Knows the admin token, by its digest only.
#[derive(Clone)]
pub struct Authenticator {
    admin: Digest,
}

impl Authenticator {
    /// Keeps the SHA-256 of the token; the token itself is dropped and wiped.
    #[expect(clippy::needless_pass_by_value, reason = "takes the secret so that it ends here")]
    pub fn new(admin_token: SecretString) -> Self {
        Self { admin: digest(&SHA256, admin_token.expose_secret().as_bytes()) }
    }

    /// Checks an `Authorization` header.
    pub fn authenticate(&self, authorization: Option<&HeaderValue>) -> Result<Caller, AuthRefusal> {
        let value = authorization.ok_or(AuthRefusal::Missing)?;
        self.authenticate_text(value.to_str().map_err(|_| AuthRefusal::Malformed)?)
    }

    /// Checks the text of an `Authorization` header that came another way, as in a WebSocket's `connection_init`.
    pub fn authenticate_text(&self, authorization: &str) -> Result<Caller, AuthRefusal> {
        let (scheme, token) = authorization.split_once(' ').ok_or(AuthRefusal::Malformed)?;
        // The scheme is case-insensitive (RFC 9110, 11.1).
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AuthRefusal::Malformed);
        }
        self.authenticate_token(token.trim_matches(' '))
    }

    /// Checks a token.
    pub fn authenticate_token(&self, token: &str) -> Result<Caller, AuthRefusal> {
        // The empty token is refused even if it were the admin's.
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Err(AuthRefusal::Malformed);
        }
        // Digests have one length, so the comparison tells nothing about the token's.
        let given = digest(&SHA256, token.as_bytes());
        if bool::from(given.as_ref().ct_eq(self.admin.as_ref())) {
            return Ok(Caller::with_all_permissions(Actor::admin()));
        }
        Err(AuthRefusal::UnknownToken)
    }

    /// The SHA-256 of the admin token, for what is to end with that token. Not for storing: a short token could be guessed.
    pub(super) fn digest(&self) -> &[u8] {
        self.admin.as_ref()
    }
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authenticator() -> Authenticator {
        Authenticator::new(SecretString::from("s3cret"))
    }

    fn answer(header: &'static str) -> Result<Caller, AuthRefusal> {
        authenticator().authenticate(Some(&HeaderValue::from_static(header)))
    }

    #[test]
    fn the_admin_token_is_the_admin() {
        for header in ["Bearer s3cret", "bearer s3cret", "BEARER   s3cret "] {
            assert_eq!(answer(header).unwrap().actor, Actor::admin(), "{header}");
        }
    }

    #[test]
    fn anything_else_is_nobody() {
        assert_eq!(authenticator().authenticate(None), Err(AuthRefusal::Missing));
        for header in ["Bearer s3creT", "Bearer s3cre", "Bearer s3crett", "Bearer s3cret s3cret"] {
            assert_eq!(answer(header), Err(AuthRefusal::UnknownToken), "{header}");
        }
        for header in ["", "Bearer", "Bearer ", "Bearer   ", "s3cret", "Basic s3cret", "Bearers3cret"] {
            assert_eq!(answer(header), Err(AuthRefusal::Malformed), "{header}");
        }
        let binary = HeaderValue::from_bytes(b"Bearer \xff").unwrap();
        assert_eq!(authenticator().authenticate(Some(&binary)), Err(AuthRefusal::Malformed));
    }

    #[test]
    fn an_empty_admin_token_opens_nothing() {
        let authenticator = Authenticator::new(SecretString::from(""));
        assert_eq!(authenticator.authenticate_text("Bearer "), Err(AuthRefusal::Malformed));
    }

    #[test]
    fn a_token_is_looked_at_up_to_its_limit() {
        let longest = "x".repeat(TOKEN_BYTES_MAX);
        let authenticator = Authenticator::new(SecretString::from(longest.clone()));
        assert!(authenticator.authenticate_text(&format!("Bearer {longest}")).is_ok());
        assert_eq!(authenticator.authenticate_text(&format!("Bearer {longest}x")), Err(AuthRefusal::Malformed));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", authenticator()), "Authenticator { .. }");
    }
}
