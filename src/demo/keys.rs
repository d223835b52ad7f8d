//! The issuer's signing key, and the public keys by which a client proves who it is.

use std::io;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};

/// An ES256 key made at the start of the process.
pub(super) struct SigningKey {
    pub(super) id: String,
    pub(super) private: EncodingKey,
    pub(super) public: DecodingKey,
    pub(super) published: JwkSet,
}

impl SigningKey {
    // ES256 and not RS256: an RSA key can take seconds to make.
    pub(super) fn generate() -> io::Result<Self> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(io::Error::other)?;
        let private = EncodingKey::from_ec_der(pkcs8.as_ref());
        let mut jwk = Jwk::from_encoding_key(&private, Algorithm::ES256).map_err(io::Error::other)?;
        let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(io::Error::other)?;
        jwk.common.key_id = Some(id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let public = DecodingKey::from_jwk(&jwk).map_err(io::Error::other)?;
        Ok(Self { id, private, public, published: JwkSet { keys: vec![jwk] } })
    }
}

/// Why a public key can't be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    /// It is neither a JWK nor a PEM `PUBLIC KEY`, or of a kind that the demo does not verify.
    #[error("must be a public RSA, EC P-256 or Ed25519 key, as JWK or PEM")]
    Unreadable,
    /// It names an algorithm other than RS256, PS256, ES256 or EdDSA.
    #[error("alg must be RS256, PS256, ES256 or EdDSA")]
    Algorithm,
    /// The client has as many keys as it may.
    #[error("no more than 16 keys can be registered")]
    TooMany,
}

/// A client's public key for `private_key_jwt`.
///
/// The algorithms are fixed here, when the key is registered: an assertion's own header never widens them.
#[derive(Clone)]
pub struct ClientKey {
    pub(super) id: Option<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

impl ClientKey {
    /// Reads a JWK (RFC 7517). Its `alg`, when present, is the only algorithm accepted.
    ///
    /// # Errors
    /// [`ClientKeyError::Unreadable`] or [`ClientKeyError::Algorithm`].
    pub fn from_jwk(json: &str) -> Result<Self, ClientKeyError> {
        let members: serde_json::Value = serde_json::from_str(json).map_err(|_| ClientKeyError::Unreadable)?;
        // A private key sent here by mistake must not be taken for a public one.
        if members.get("d").is_some() {
            return Err(ClientKeyError::Unreadable);
        }
        let jwk: Jwk = serde_json::from_value(members).map_err(|_| ClientKeyError::Unreadable)?;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| ClientKeyError::Unreadable)?;
        let mut algorithms = algorithms(key.family())?;
        if let Some(only) = jwk.common.key_algorithm {
            let only: Algorithm = only.to_string().parse().map_err(|_| ClientKeyError::Algorithm)?;
            algorithms.retain(|algorithm| *algorithm == only);
        }
        if algorithms.is_empty() {
            return Err(ClientKeyError::Algorithm);
        }
        Ok(Self { id: jwk.common.key_id, algorithms, key })
    }

    /// Reads a PEM `PUBLIC KEY` (SPKI). It has no id: it is tried for every assertion.
    ///
    /// # Errors
    /// [`ClientKeyError::Unreadable`].
    pub fn from_pem(pem: &str) -> Result<Self, ClientKeyError> {
        if pem.contains("PRIVATE KEY") {
            return Err(ClientKeyError::Unreadable);
        }
        let pem = pem.as_bytes();
        let key = DecodingKey::from_rsa_pem(pem)
            .or_else(|_| DecodingKey::from_ec_pem(pem))
            .or_else(|_| DecodingKey::from_ed_pem(pem))
            .map_err(|_| ClientKeyError::Unreadable)?;
        Ok(Self { id: None, algorithms: algorithms(key.family())?, key })
    }
}

fn algorithms(family: AlgorithmFamily) -> Result<Vec<Algorithm>, ClientKeyError> {
    match family {
        AlgorithmFamily::Rsa => Ok(vec![Algorithm::RS256, Algorithm::PS256]),
        AlgorithmFamily::Ec => Ok(vec![Algorithm::ES256]),
        AlgorithmFamily::Ed => Ok(vec![Algorithm::EdDSA]),
        // A shared secret is not a public key; RFC 7523 with HMAC is client_secret_jwt, which the demo does not offer.
        AlgorithmFamily::Hmac => Err(ClientKeyError::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_key_is_no_public_key() {
        let refused = ClientKey::from_jwk(r#"{"kty":"oct","k":"c2VjcmV0"}"#);
        assert_eq!(refused.err(), Some(ClientKeyError::Unreadable));
    }

    #[test]
    fn a_private_key_is_not_taken_for_a_public_one() {
        let refused =
            ClientKey::from_pem("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----");
        assert_eq!(refused.err(), Some(ClientKeyError::Unreadable));
        let refused = ClientKey::from_jwk(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AA"}"#,
        );
        assert_eq!(refused.err(), Some(ClientKeyError::Unreadable));
    }

    #[test]
    fn the_alg_of_a_jwk_narrows_what_is_accepted() {
        let jwk = r#"{"kty":"RSA","alg":"PS256","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri","e":"AQAB"}"#;
        assert_eq!(ClientKey::from_jwk(jwk).unwrap().algorithms, [Algorithm::PS256]);
        let jwk = jwk.replace("PS256", "RS512");
        assert_eq!(ClientKey::from_jwk(&jwk).err(), Some(ClientKeyError::Algorithm));
    }
}
