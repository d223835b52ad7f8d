//! Access tokens that outlive a restart, sealed: what is in one, and where it belongs. Which rows there are is known to
//! `projections::sealed_tokens`.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::binding::Binding;
use super::cache::{CachedToken, KeptToken, TokenKey};
use super::token_response::AccessToken;
use crate::crypto::{KeyRing, SealContext, UnsealError};
use crate::projections::sealed_tokens::SealedToken;

/// Version of the sealed text; part of its seal.
const FORMAT: u64 = 1;
/// Room for everything but the token, in bytes: a text that has to grow leaves copies of itself behind.
const ROOM: usize = 4_096;

/// The sealed text. Fields may be added, such as the key that a token is bound to; an old row reads without them.
#[derive(Serialize, Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    token_type: String,
    scope: Option<String>,
    lifetime_ms: u64,
    fingerprint: String,
    issued_at: DateTime<Utc>,
    refresh_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// Why a kept token can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnkeptError {
    /// It does not open.
    #[error(transparent)]
    Sealed(#[from] UnsealError),
    /// Another version wrote it, in another way.
    #[error("the kept token has another format")]
    Format,
}

/// Names the row of a key. Keyed, because the parameters in it may be easy to guess, and secret.
pub fn id(keys: &KeyRing, key: &TokenKey) -> String {
    keys.fingerprint("token-key", key.digest())
}

/// Seals a token for its key alone: in another row it does not open.
pub fn seal(keys: &KeyRing, key: &TokenKey, cached: &CachedToken) -> Option<SealedToken> {
    let AccessToken { value, token_type, scope, lifetime_ms, is_lifetime_stated: _ } = &cached.token;
    let text = Text {
        access_token: Cow::Borrowed(value.expose_secret()),
        token_type: token_type.clone(),
        scope: scope.clone(),
        lifetime_ms: *lifetime_ms,
        fingerprint: cached.fingerprint.clone(),
        issued_at: cached.issued_at,
        refresh_at: cached.refresh_at(),
        expires_at: cached.expires_at(),
    };
    let mut plain = Zeroizing::new(Vec::with_capacity(value.expose_secret().len().saturating_add(ROOM)));
    serde_json::to_writer(&mut *plain, &text).ok()?;
    Some(SealedToken {
        id: id(keys, key),
        connection: key.connection().clone(),
        fingerprint: cached.fingerprint.clone(),
        expires_at: cached.expires_at(),
        sealed: keys.seal(&context(&row(key)), &plain),
    })
}

/// Opens the sealed token of a key. What it is bound to is not kept with it.
///
/// # Errors
/// See [`UnkeptError`]; no error repeats the token.
pub fn open(keys: &KeyRing, key: &TokenKey, sealed: &[u8]) -> Result<KeptToken, UnkeptError> {
    let plain = keys.unseal(&context(&row(key)), sealed)?;
    let text: Text<'_> = serde_json::from_slice(&plain).map_err(|_| UnkeptError::Format)?;
    let Text { access_token, token_type, scope, lifetime_ms, fingerprint, issued_at, refresh_at, expires_at } = text;
    let value = SecretString::from(access_token.as_ref());
    // Only a test of a connection asks who said how long it lives, and a test keeps nothing.
    let token = AccessToken { value, token_type, lifetime_ms, is_lifetime_stated: true, scope };
    let binding = Binding::default();
    Ok(KeptToken { token, binding, fingerprint, issued_at, refresh_at, expires_at })
}

/// The whole digest, so that two keys whose ids are equal by chance don't open each other's tokens.
fn row(key: &TokenKey) -> String {
    hex::encode(key.digest())
}

fn context(row: &str) -> SealContext<'_> {
    SealContext { table: "sealed_tokens", row, field: "sealed", version: FORMAT }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::clock::Clock;
    use crate::crypto::EncryptionKey;
    use crate::domain::Key;
    use crate::oauth::cache::{NewToken, TokenCache, TokenKeyParts};

    fn key(version: u32) -> TokenKey {
        let connection = &Key::parse("a").unwrap();
        TokenKey::new(TokenKeyParts { connection, connection_version: version, secret_version: 1, parameters: &[] })
    }

    fn ring(digit: u8) -> KeyRing {
        KeyRing::new(&EncryptionKey::from_hex(&SecretString::from(digit.to_string().repeat(64))).unwrap(), &[])
    }

    fn cached() -> Arc<CachedToken> {
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        let token = AccessToken {
            value: SecretString::from("canary-token"),
            token_type: "Bearer".to_owned(),
            is_lifetime_stated: true,
            lifetime_ms: 300_000,
            scope: Some("read".to_owned()),
        };
        let new =
            NewToken { token, binding: Binding::default(), fingerprint: "f1".to_owned(), refresh_skew_ms: 60_000 };
        TokenCache::new(clock).date(&key(1), new)
    }

    #[test]
    fn what_is_kept_comes_back_with_its_times() {
        let sealed = seal(&ring(1), &key(1), &cached()).unwrap();
        assert_eq!((sealed.connection.as_str(), sealed.fingerprint.as_str()), ("a", "f1"));
        let kept = open(&ring(1), &key(1), &sealed.sealed).unwrap();
        assert_eq!((kept.token.value.expose_secret(), kept.token.scope.as_deref()), ("canary-token", Some("read")));
        assert_eq!((kept.token.token_type.as_str(), kept.token.lifetime_ms), ("Bearer", 300_000));
        assert_eq!((kept.fingerprint.as_str(), kept.issued_at), ("f1", "2026-03-01T12:00:00Z".parse().unwrap()));
        assert_eq!(kept.refresh_at - kept.issued_at, chrono::TimeDelta::from_std(Duration::from_mins(4)).unwrap());
        assert_eq!(kept.expires_at, sealed.expires_at);
        assert!(!format!("{sealed:?} {kept:?}").contains("canary"));
    }

    #[test]
    fn a_kept_token_opens_for_no_other_key_and_with_no_other_encryption_key() {
        let sealed = seal(&ring(1), &key(1), &cached()).unwrap().sealed;
        assert_eq!(open(&ring(1), &key(2), &sealed).unwrap_err(), UnsealError::Tampered.into());
        assert!(matches!(open(&ring(2), &key(1), &sealed), Err(UnkeptError::Sealed(UnsealError::UnknownKey { .. }))));
        let other = ring(1).seal(&context(&row(&key(1))), b"{}");
        assert_eq!(open(&ring(1), &key(1), &other).unwrap_err(), UnkeptError::Format);
    }

    #[test]
    fn the_name_of_a_row_tells_nothing_without_the_key() {
        assert_eq!(id(&ring(1), &key(1)), id(&ring(1), &key(1)));
        assert_ne!(id(&ring(1), &key(1)), id(&ring(1), &key(2)));
        assert_ne!(id(&ring(1), &key(1)), id(&ring(2), &key(1)));
    }
}
