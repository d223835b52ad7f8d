//! The key of a `client_secret_jwt` connection: the client secret itself (OpenID Connect Core §9, RFC 7518 §3.2).

use std::fmt;

use aws_lc_rs::hmac;
use serde::Serialize;

use super::jws;
use super::key_problem::KeyProblem;
use crate::domain::definition::HmacAlgorithm;

/// A client secret and the one algorithm that it signs with.
pub struct SecretKey {
    key: hmac::Key,
    algorithm: HmacAlgorithm,
}

#[derive(Serialize)]
struct Header {
    typ: &'static str,
    alg: &'static str,
}

impl SecretKey {
    /// Takes the UTF-8 bytes of the secret as the key (OpenID Connect Core §10.1).
    ///
    /// # Errors
    /// [`KeyProblem::SecretTooShort`] for fewer bytes than the hash has: RFC 7518 §3.2 forbids it, because whoever sees
    /// one assertion could find the secret by trying.
    pub fn new(secret: &str, algorithm: HmacAlgorithm) -> Result<Self, KeyProblem> {
        let needed = hmac_of(algorithm).tag_len();
        if secret.len() < needed {
            return Err(KeyProblem::SecretTooShort { algorithm, needed });
        }
        Ok(Self { key: hmac::Key::new(hmac_of(algorithm), secret.as_bytes()), algorithm })
    }

    /// Signs the claims as a JWT (RFC 7519) of type `JWT`. There is one secret, so there is no `kid`.
    ///
    /// # Errors
    /// [`KeyProblem::SigningFailed`].
    pub fn sign<C: Serialize>(&self, claims: &C) -> Result<String, KeyProblem> {
        let header = Header { typ: "JWT", alg: self.algorithm.name() };
        jws::compact(&header, claims, |message| Ok(hmac::sign(&self.key, message).as_ref().to_vec()))
    }
}

fn hmac_of(algorithm: HmacAlgorithm) -> hmac::Algorithm {
    match algorithm {
        HmacAlgorithm::Hs256 => hmac::HMAC_SHA256,
        HmacAlgorithm::Hs384 => hmac::HMAC_SHA384,
        HmacAlgorithm::Hs512 => hmac::HMAC_SHA512,
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.algorithm.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "a secret of 64 bytes, for HS512: 0123456789 0123456789 0123456789";

    /// The claims, when another library finds the signature right.
    fn verified(jwt: &str, algorithm: Algorithm, secret: &str) -> Option<Value> {
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims = HashSet::new();
        let key = DecodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::decode::<Value>(jwt, &key, &validation).ok().map(|token| token.claims)
    }

    #[test]
    fn each_algorithm_signs_what_another_library_verifies() {
        let claims = json!({ "sub": "me" });
        for (algorithm, theirs) in [
            (HmacAlgorithm::Hs256, Algorithm::HS256),
            (HmacAlgorithm::Hs384, Algorithm::HS384),
            (HmacAlgorithm::Hs512, Algorithm::HS512),
        ] {
            let jwt = SecretKey::new(SECRET, algorithm).unwrap().sign(&claims).unwrap();
            assert_eq!(verified(&jwt, theirs, SECRET), Some(claims.clone()), "{algorithm:?}");
            assert_eq!(verified(&jwt, theirs, &SECRET.to_uppercase()), None, "{algorithm:?}");
            let header = jsonwebtoken::decode_header(&jwt).unwrap();
            assert_eq!((header.typ.as_deref(), header.kid), (Some("JWT"), None));
        }
    }

    #[test]
    fn a_secret_shorter_than_the_hash_is_refused_naming_the_algorithm_and_the_length() {
        for (algorithm, needed) in [(HmacAlgorithm::Hs256, 32), (HmacAlgorithm::Hs384, 48), (HmacAlgorithm::Hs512, 64)]
        {
            assert!(SecretKey::new(&"x".repeat(needed), algorithm).is_ok());
            let problem = SecretKey::new(&"x".repeat(needed - 1), algorithm).unwrap_err();
            assert_eq!(problem, KeyProblem::SecretTooShort { algorithm, needed });
        }
        let problem = SecretKey::new("hunter2", HmacAlgorithm::Hs256).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "HS256 needs a secret of at least 32 bytes, this one has fewer (RFC 7518 section 3.2)"
        );
    }

    #[test]
    fn debug_shows_the_algorithm_only() {
        let key = SecretKey::new(SECRET, HmacAlgorithm::Hs256).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(HS256)");
    }
}
