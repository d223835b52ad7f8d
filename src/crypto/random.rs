//! Random bytes from the operating system's generator.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Random bytes of a token: 256 bits, far beyond guessing.
const TOKEN_BYTES: usize = 32;

/// `N` bytes that nobody can predict.
///
/// # Panics
/// When the operating system has no randomness to give: there is no safe way to go on.
#[expect(clippy::expect_used, reason = "without randomness no nonce and no key is safe, so nothing may go on")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A new bearer token: 32 random bytes as 43 characters of base64url (RFC 4648 section 5, no padding).
pub fn random_token() -> SecretString {
    let bytes = Zeroizing::new(random_bytes::<TOKEN_BYTES>());
    SecretString::from(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn random_bytes_differ_each_time() {
        assert_ne!(random_bytes::<16>(), random_bytes::<16>());
        assert_ne!(random_bytes::<16>(), [0; 16]);
    }

    #[test]
    fn a_token_is_43_characters_fit_for_a_header_and_a_url() {
        let token = random_token();
        let text = token.expose_secret();
        assert_eq!(text.len(), 43);
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{text}");
        assert_ne!(text, random_token().expose_secret());
        assert!(!format!("{token:?}").contains(text));
    }
}
