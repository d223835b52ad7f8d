//! A client assertion (RFC 7523 §3): what the client says of itself, signed by its own key or by its secret.
//!
//! Deliberately absent: where `aud` comes from. RFC 7523bis wants the issuer, older servers their token endpoint; the
//! caller knows which.

use chrono::{DateTime, Utc};
use serde::Serialize;
use zeroize::Zeroizing;

use super::client_secret_jwt::SecretKey;
use super::key_problem::KeyProblem;
use super::private_key::{KeyNames, SigningKey};

/// How far `iat` is dated back, in seconds, for issuers whose clock is a little slow.
pub const ASSERTION_BACKDATED_S: i64 = 5;

/// What one assertion says. Each attempt needs its own: `jti` must never come twice.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// `iss` and `sub`.
    pub client_id: &'a str,
    /// `aud`: one text, never a list.
    pub audience: &'a str,
    /// From `iat` to `exp`, in milliseconds; parts of a second are dropped.
    pub lifetime_ms: u64,
    /// The time now.
    pub now: DateTime<Utc>,
    /// `jti`.
    pub jti: &'a str,
}

/// Who signs an assertion.
#[derive(Debug, Clone, Copy)]
pub enum AssertionSigner<'a> {
    /// `private_key_jwt`, and the names that the issuer finds the public key by.
    PrivateKey(&'a SigningKey, KeyNames<'a>),
    /// `client_secret_jwt`.
    Secret(&'a SecretKey),
}

/// No `nbf`: it is optional, and only ever refused for a clock's sake.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
}

impl Assertion<'_> {
    /// Signs it as a JWT.
    ///
    /// # Errors
    /// [`KeyProblem::SigningFailed`].
    pub fn sign(&self, signer: AssertionSigner<'_>) -> Result<Zeroizing<String>, KeyProblem> {
        let lifetime_s = i64::try_from(self.lifetime_ms / 1_000).unwrap_or(i64::MAX);
        // Counted from `iat`, because servers limit the difference; so one that lives for seconds is dated back less, or
        // it would be dead on arrival.
        let backdated_s = ASSERTION_BACKDATED_S.min(lifetime_s / 2);
        let iat = self.now.timestamp().saturating_sub(backdated_s);
        let claims = Claims {
            iss: self.client_id,
            sub: self.client_id,
            aud: self.audience,
            iat,
            exp: iat.saturating_add(lifetime_s),
            jti: self.jti,
        };
        let jwt = match signer {
            AssertionSigner::PrivateKey(key, names) => key.sign(&claims, names),
            AssertionSigner::Secret(key) => key.sign(&claims),
        };
        jwt.map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::definition::{HmacAlgorithm, KeyFormat, SigningAlgorithm};

    const PRIVATE_KEY: &str = include_str!("../../tests/keys/p256.sec1.pem");

    fn assertion(lifetime_ms: u64) -> Assertion<'static> {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        Assertion { client_id: "me", audience: "https://idp.example", lifetime_ms, now, jti: "one" }
    }

    fn part(jwt: &str, index: usize) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn both_signers_put_their_names_under_the_same_claims() {
        let secret = SecretKey::new(&"s".repeat(32), HmacAlgorithm::Hs256).unwrap();
        let key = SigningKey::parse(PRIVATE_KEY, KeyFormat::Auto, SigningAlgorithm::Es256).unwrap();
        let names = KeyNames { key_id: Some("k1"), x5t: Some("print"), x5t_s256: None };
        let by_secret = assertion(60_000).sign(AssertionSigner::Secret(&secret)).unwrap();
        let by_key = assertion(60_000).sign(AssertionSigner::PrivateKey(&key, names)).unwrap();
        let claims = json!({
            "iss": "me", "sub": "me", "aud": "https://idp.example", "iat": 999_995, "exp": 1_000_055, "jti": "one",
        });
        assert_eq!((part(&by_secret, 1), part(&by_key, 1)), (claims.clone(), claims));
        assert_eq!(part(&by_secret, 0), json!({ "typ": "JWT", "alg": "HS256" }));
        assert_eq!(part(&by_key, 0), json!({ "typ": "JWT", "alg": "ES256", "kid": "k1", "x5t": "print" }));
    }

    #[test]
    fn an_assertion_that_lives_for_seconds_is_not_dead_on_arrival() {
        let key = SecretKey::new(&"s".repeat(32), HmacAlgorithm::Hs256).unwrap();
        let times = |lifetime_ms| {
            let claims = part(&assertion(lifetime_ms).sign(AssertionSigner::Secret(&key)).unwrap(), 1);
            (claims["iat"].clone(), claims["exp"].clone())
        };
        assert_eq!(times(1_000), (json!(1_000_000), json!(1_000_001)));
        assert_eq!(times(9_999), (json!(999_996), json!(1_000_005)));
        assert_eq!(times(10_000), (json!(999_995), json!(1_000_005)));
    }
}
