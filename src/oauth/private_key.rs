//! The private key of a `private_key_jwt` connection: read from what a person pasted, judged against the algorithm,
//! and used to sign.
//!
//! A key that passes [`SigningKey::parse`] signs: whatever could go wrong with it is said when it is saved.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use zeroize::Zeroizing;

use super::key_problem::{KeyKind, KeyProblem, algorithm_name};
use super::pem::PrivateKeyBlock;
use super::{jwk, pem};
use crate::domain::definition::{KeyFormat, SigningAlgorithm};

/// Shortest RSA modulus in bits (RFC 7518 §3.3).
pub const RSA_BITS_MIN: u64 = 2_048;

/// A private key and the one algorithm that it signs with.
pub struct SigningKey {
    key: EncodingKey,
    kind: KeyKind,
    algorithm: SigningAlgorithm,
}

impl SigningKey {
    /// Reads a PEM text (PKCS#8, PKCS#1, SEC1) or a JSON Web Key, and checks that it fits the algorithm.
    ///
    /// # Errors
    /// What the text is instead; never any part of the text.
    pub fn parse(text: &str, format: KeyFormat, algorithm: SigningAlgorithm) -> Result<Self, KeyProblem> {
        let pair = key_pair(text.trim(), format)?;
        let kind = pair.kind();
        if !kind.fits(algorithm) {
            return Err(KeyProblem::DoesNotFit { algorithm, key: kind });
        }
        let key = pair.encoding_key().ok_or(KeyProblem::UnsupportedKind)?;
        Ok(Self { key, kind, algorithm })
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Signs the claims as a JWT (RFC 7519) of type `JWT`; `key_id` becomes `kid` and is left out when absent.
    ///
    /// # Errors
    /// [`KeyProblem::SigningFailed`].
    pub fn sign<C: Serialize>(&self, claims: &C, key_id: Option<&str>) -> Result<String, KeyProblem> {
        let mut header = Header::new(jws_algorithm(self.algorithm));
        header.kid = key_id.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| KeyProblem::SigningFailed)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} for {})", self.kind, algorithm_name(self.algorithm))
    }
}

/// A key that was read.
pub(super) enum KeyPair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl KeyPair {
    fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(pair) => KeyKind::Rsa { bits: pair.public_modulus_len() * 8 },
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// Hands the key to the library that signs, which takes an RSA key as PEM and the others as PKCS#8.
    fn encoding_key(&self) -> Option<EncodingKey> {
        match self {
            Self::Rsa(pair) => {
                let der = pair.as_der().ok()?;
                let base64 = Zeroizing::new(STANDARD.encode(der.as_ref()));
                let pem = Zeroizing::new(
                    ["-----BEGIN PRIVATE KEY-----\n", &base64, "\n-----END PRIVATE KEY-----\n"].concat(),
                );
                EncodingKey::from_rsa_pem(pem.as_bytes()).ok()
            }
            Self::P256(pair) | Self::P384(pair) => {
                pair.to_pkcs8v1().ok().map(|der| EncodingKey::from_ec_der(der.as_ref()))
            }
            Self::Ed25519(pair) => pair.to_pkcs8v1().ok().map(|der| EncodingKey::from_ed_der(der.as_ref())),
        }
    }
}

fn key_pair(text: &str, expected: KeyFormat) -> Result<KeyPair, KeyProblem> {
    if text.starts_with('{') {
        let found = KeyFormat::Jwk;
        if expected != KeyFormat::Auto && expected != found {
            return Err(KeyProblem::FormatMismatch { expected, found });
        }
        return jwk::key_pair(text);
    }
    let block = pem::private_key(text, expected)?;
    match block.format {
        KeyFormat::Pkcs1Pem => match RsaKeyPair::from_der(&block.der) {
            Ok(pair) => Ok(KeyPair::Rsa(pair)),
            Err(rejected) => Err(rsa_problem(rejected).unwrap_or(KeyProblem::Unreadable { format: block.format })),
        },
        KeyFormat::Auto | KeyFormat::Pkcs8Pem | KeyFormat::Sec1Pem | KeyFormat::Jwk => from_der(&block),
    }
}

/// PKCS#8 names the kind inside; it is found by trying. SEC1 goes the same way, being read as elliptic curves only.
fn from_der(block: &PrivateKeyBlock) -> Result<KeyPair, KeyProblem> {
    let der = block.der.as_slice();
    if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
        return Ok(KeyPair::P256(pair));
    }
    if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, der) {
        return Ok(KeyPair::P384(pair));
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
        return Ok(KeyPair::Ed25519(pair));
    }
    match RsaKeyPair::from_pkcs8(der) {
        Ok(pair) => Ok(KeyPair::Rsa(pair)),
        Err(rejected) => Err(rsa_problem(rejected).unwrap_or_else(|| unknown(block))),
    }
}

/// Tells a key of a foreign kind from bytes that are no key: DER starts with a sequence that is as long as it says.
fn unknown(block: &PrivateKeyBlock) -> KeyProblem {
    if is_whole_sequence(&block.der) {
        KeyProblem::UnsupportedKind
    } else {
        KeyProblem::Unreadable { format: block.format }
    }
}

/// Whether the bytes are one DER SEQUENCE (X.690 §8.1.3) with nothing missing and nothing after it.
fn is_whole_sequence(der: &[u8]) -> bool {
    match der {
        [0x30, length @ 0..=0x7f, content @ ..] | [0x30, 0x81, length, content @ ..] => {
            content.len() == usize::from(*length)
        }
        [0x30, 0x82, high, low, content @ ..] => content.len() == usize::from(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}

/// The library tells its reasons by fixed words only; these two are worth an own message.
pub(super) fn rsa_problem(rejected: KeyRejected) -> Option<KeyProblem> {
    match rejected.description_() {
        "TooSmall" => Some(KeyProblem::RsaTooShort),
        "TooLarge" => Some(KeyProblem::RsaTooLong),
        _ => None,
    }
}

fn jws_algorithm(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Rs384 => Algorithm::RS384,
        SigningAlgorithm::Rs512 => Algorithm::RS512,
        SigningAlgorithm::Ps256 => Algorithm::PS256,
        SigningAlgorithm::Ps384 => Algorithm::PS384,
        SigningAlgorithm::Ps512 => Algorithm::PS512,
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::Es384 => Algorithm::ES384,
        SigningAlgorithm::Eddsa => Algorithm::EdDSA,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::{Value, json};

    use super::*;

    const RSA_PKCS1: &str = include_str!("../../tests/keys/rsa-2048.pkcs1.pem");
    const RSA_PKCS8: &str = include_str!("../../tests/keys/rsa-2048.pkcs8.pem");
    const RSA_JWK: &str = include_str!("../../tests/keys/rsa-2048.jwk.json");
    const RSA_JWK_SHORT: &str = include_str!("../../tests/keys/rsa-2048-without-factors.jwk.json");
    const RSA_PUBLIC: &str = include_str!("../../tests/keys/rsa-2048.public.pem");
    const RSA_CERTIFICATE: &str = include_str!("../../tests/keys/rsa-2048.certificate.pem");
    const RSA_ENCRYPTED: &str = include_str!("../../tests/keys/rsa-2048.encrypted.pkcs1.pem");
    const RSA_1024: &str = include_str!("../../tests/keys/rsa-1024.pkcs1.pem");
    const P256_SEC1: &str = include_str!("../../tests/keys/p256.sec1.pem");
    const P256_PKCS8: &str = include_str!("../../tests/keys/p256.pkcs8.pem");
    const P256_JWK: &str = include_str!("../../tests/keys/p256.jwk.json");
    const P256_PUBLIC: &str = include_str!("../../tests/keys/p256.public.pem");
    const P256_ENCRYPTED: &str = include_str!("../../tests/keys/p256.encrypted.pkcs8.pem");
    const P384_SEC1: &str = include_str!("../../tests/keys/p384.sec1.pem");
    const P384_JWK: &str = include_str!("../../tests/keys/p384.jwk.json");
    const P384_PUBLIC: &str = include_str!("../../tests/keys/p384.public.pem");
    const P521_SEC1: &str = include_str!("../../tests/keys/p521.sec1.pem");
    const ED25519_PKCS8: &str = include_str!("../../tests/keys/ed25519.pkcs8.pem");
    const ED25519_JWK: &str = include_str!("../../tests/keys/ed25519.jwk.json");
    const ED25519_PUBLIC: &str = include_str!("../../tests/keys/ed25519.public.pem");

    fn problem(text: &str, format: KeyFormat, algorithm: SigningAlgorithm) -> KeyProblem {
        SigningKey::parse(text, format, algorithm).unwrap_err()
    }

    /// Signs with the private text and verifies with the public one.
    fn signs(text: &str, format: KeyFormat, algorithm: SigningAlgorithm) {
        let key = SigningKey::parse(text, format, algorithm).unwrap();
        let jwt = key.sign(&json!({ "sub": "me" }), Some("k1")).unwrap();
        let public = match key.kind() {
            KeyKind::Rsa { .. } => DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()),
            KeyKind::P256 => DecodingKey::from_ec_pem(P256_PUBLIC.as_bytes()),
            KeyKind::P384 => DecodingKey::from_ec_pem(P384_PUBLIC.as_bytes()),
            KeyKind::Ed25519 => DecodingKey::from_ed_pem(ED25519_PUBLIC.as_bytes()),
        };
        let mut validation = Validation::new(jws_algorithm(algorithm));
        validation.required_spec_claims = HashSet::new();
        let token = jsonwebtoken::decode::<Value>(&jwt, &public.unwrap(), &validation).unwrap();
        assert_eq!(token.claims, json!({ "sub": "me" }));
        assert_eq!(token.header.kid.as_deref(), Some("k1"));
        assert_eq!(token.header.typ.as_deref(), Some("JWT"));
    }

    #[test]
    fn an_rsa_key_signs_whichever_way_it_is_written() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Rs384, SigningAlgorithm::Rs512] {
            signs(RSA_PKCS8, KeyFormat::Pkcs8Pem, algorithm);
            signs(RSA_PKCS1, KeyFormat::Pkcs1Pem, algorithm);
        }
        for algorithm in [SigningAlgorithm::Ps256, SigningAlgorithm::Ps384, SigningAlgorithm::Ps512] {
            signs(RSA_JWK, KeyFormat::Jwk, algorithm);
            signs(RSA_JWK_SHORT, KeyFormat::Auto, algorithm);
            signs(&RSA_JWK.replace("\"AQAB\"", "\"AAEAAQ\""), KeyFormat::Auto, algorithm);
        }
    }

    #[test]
    fn an_elliptic_curve_key_signs_whichever_way_it_is_written() {
        signs(P256_SEC1, KeyFormat::Sec1Pem, SigningAlgorithm::Es256);
        signs(P256_SEC1, KeyFormat::Auto, SigningAlgorithm::Es256);
        signs(P256_PKCS8, KeyFormat::Pkcs8Pem, SigningAlgorithm::Es256);
        signs(P256_JWK, KeyFormat::Jwk, SigningAlgorithm::Es256);
        signs(P384_SEC1, KeyFormat::Auto, SigningAlgorithm::Es384);
        signs(P384_JWK, KeyFormat::Auto, SigningAlgorithm::Es384);
        signs(ED25519_PKCS8, KeyFormat::Auto, SigningAlgorithm::Eddsa);
        signs(ED25519_JWK, KeyFormat::Auto, SigningAlgorithm::Eddsa);
    }

    #[test]
    fn line_ends_may_be_lost_or_written_out() {
        signs(&RSA_PKCS8.replace('\n', "\\n"), KeyFormat::Auto, SigningAlgorithm::Rs256);
        signs(&RSA_PKCS8.replace('\n', "\\r\\n"), KeyFormat::Auto, SigningAlgorithm::Rs256);
        signs(&RSA_PKCS8.replace('\n', "\r\n"), KeyFormat::Auto, SigningAlgorithm::Rs256);
        signs(&P256_PKCS8.replace('\n', " "), KeyFormat::Auto, SigningAlgorithm::Es256);
        signs(&format!("\n  {P256_PKCS8}\n\n"), KeyFormat::Auto, SigningAlgorithm::Es256);
    }

    #[test]
    fn a_certificate_beside_the_key_is_passed_over() {
        signs(&format!("{RSA_CERTIFICATE}{RSA_PKCS8}"), KeyFormat::Auto, SigningAlgorithm::Rs256);
    }

    #[test]
    fn a_key_that_does_not_fit_the_algorithm_is_refused_naming_both() {
        let message = |text, algorithm| problem(text, KeyFormat::Auto, algorithm).to_string();
        assert_eq!(
            message(RSA_PKCS8, SigningAlgorithm::Es256),
            "ES256 needs a P-256 key, this is an RSA key of 2048 bits"
        );
        assert_eq!(message(P256_SEC1, SigningAlgorithm::Es384), "ES384 needs a P-384 key, this is a P-256 key");
        assert_eq!(message(P384_JWK, SigningAlgorithm::Ps512), "PS512 needs an RSA key, this is a P-384 key");
        assert_eq!(message(ED25519_JWK, SigningAlgorithm::Rs256), "RS256 needs an RSA key, this is an Ed25519 key");
        assert_eq!(
            message(RSA_JWK, SigningAlgorithm::Eddsa),
            "EdDSA needs an Ed25519 key, this is an RSA key of 2048 bits"
        );
    }

    #[test]
    fn another_format_than_the_one_chosen_is_refused() {
        let mismatch = |expected, found| KeyProblem::FormatMismatch { expected, found };
        let rs256 = SigningAlgorithm::Rs256;
        assert_eq!(problem(RSA_PKCS1, KeyFormat::Pkcs8Pem, rs256), mismatch(KeyFormat::Pkcs8Pem, KeyFormat::Pkcs1Pem));
        assert_eq!(problem(RSA_PKCS8, KeyFormat::Jwk, rs256), mismatch(KeyFormat::Jwk, KeyFormat::Pkcs8Pem));
        assert_eq!(problem(RSA_JWK, KeyFormat::Sec1Pem, rs256), mismatch(KeyFormat::Sec1Pem, KeyFormat::Jwk));
    }

    #[test]
    fn what_is_no_usable_private_key_is_told_by_name() {
        let told = |text: &str| problem(text, KeyFormat::Auto, SigningAlgorithm::Rs256);
        assert_eq!(told(RSA_PUBLIC), KeyProblem::PublicKey);
        assert_eq!(told(RSA_CERTIFICATE), KeyProblem::Certificate);
        assert_eq!(told(RSA_ENCRYPTED), KeyProblem::Encrypted);
        assert_eq!(told(P256_ENCRYPTED), KeyProblem::Encrypted);
        assert_eq!(told(RSA_1024), KeyProblem::RsaTooShort);
        assert_eq!(told(P521_SEC1), KeyProblem::UnsupportedKind);
        assert_eq!(told("hunter2"), KeyProblem::Unrecognised);
        assert_eq!(told(""), KeyProblem::Unrecognised);
        let cut_off = RSA_PKCS8.split_at(RSA_PKCS8.len() - 40).0;
        assert_eq!(told(cut_off), KeyProblem::Truncated);
        let line_missing: String = RSA_PKCS8.lines().filter(|line| !line.starts_with("MII")).collect();
        assert_eq!(told(&line_missing), KeyProblem::Unreadable { format: KeyFormat::Pkcs8Pem });
        assert_eq!(told("-----BEGIN X-----\nAA==\n-----END X-----"), KeyProblem::NoPrivateKey);
    }

    #[test]
    fn a_json_web_key_with_a_wrong_member_is_told_by_name() {
        let told = |edit: fn(&mut Value), text: &str, algorithm| {
            let mut jwk: Value = serde_json::from_str(text).unwrap();
            edit(&mut jwk);
            problem(&jwk.to_string(), KeyFormat::Auto, algorithm)
        };
        let (rs256, es256) = (SigningAlgorithm::Rs256, SigningAlgorithm::Es256);
        assert_eq!(told(|jwk| jwk["d"] = Value::Null, RSA_JWK, rs256), KeyProblem::PublicKey);
        assert_eq!(told(|jwk| jwk["n"] = "".into(), RSA_JWK, rs256), KeyProblem::JwkMember { member: "n" });
        assert_eq!(told(|jwk| jwk["n"] = "AQAB".into(), RSA_JWK, rs256), KeyProblem::RsaTooShort);
        assert_eq!(told(|jwk| jwk["d"] = "AQAB".into(), RSA_JWK, rs256), KeyProblem::Inconsistent);
        assert_eq!(told(|jwk| jwk["d"] = "AQAB".into(), RSA_JWK_SHORT, rs256), KeyProblem::Inconsistent);
        assert_eq!(told(|jwk| jwk["e"] = "AA".into(), RSA_JWK_SHORT, rs256), KeyProblem::Inconsistent);
        assert_eq!(told(|jwk| jwk["x"] = "!".into(), P256_JWK, es256), KeyProblem::JwkMember { member: "x" });
        assert_eq!(told(|jwk| jwk["x"] = jwk["y"].clone(), P256_JWK, es256), KeyProblem::Inconsistent);
        assert_eq!(told(|jwk| jwk["crv"] = "P-521".into(), P256_JWK, es256), KeyProblem::UnsupportedKind);
        assert_eq!(told(|jwk| jwk["kty"] = "oct".into(), P256_JWK, es256), KeyProblem::UnsupportedKind);
        assert_eq!(problem("{", KeyFormat::Auto, es256), KeyProblem::Unreadable { format: KeyFormat::Jwk });
    }

    #[test]
    fn neither_debug_nor_a_problem_shows_the_key() {
        let key = SigningKey::parse(P256_JWK, KeyFormat::Auto, SigningAlgorithm::Es256).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(a P-256 key for ES256)");
        let wrong = P256_JWK.replace("\"d\": \"", "\"d\": \"!");
        let problem = problem(&wrong, KeyFormat::Auto, SigningAlgorithm::Es256);
        assert_eq!(problem, KeyProblem::JwkMember { member: "d" });
        assert_eq!(problem.to_string(), "the JSON Web Key has no readable member `d`");
    }
}
