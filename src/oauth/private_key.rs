//! The private key of a `private_key_jwt` connection: read from what a person pasted, judged against the algorithm,
//! and used to sign.
//!
//! A key that passes [`SigningKey::parse`] signs: whatever could go wrong with it is said when it is saved.

use std::fmt;

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use serde::Serialize;

use super::certificate::{self, Thumbprints};
use super::key_pair::KeyPair;
use super::key_problem::{KeyKind, KeyProblem, algorithm_name};
use super::pem::PrivateKeyBlock;
use super::{jwk, jws, pem};
use crate::domain::definition::{KeyFormat, SigningAlgorithm};

/// Shortest RSA modulus in bits (RFC 7518 §3.3).
pub const RSA_BITS_MIN: u64 = 2_048;

/// A private key and the one algorithm that it signs with.
pub struct SigningKey {
    pair: KeyPair,
    algorithm: SigningAlgorithm,
    /// Those in the same text, as DER; what is wrong with them matters only when one is asked for.
    certificates: Result<Vec<Vec<u8>>, KeyProblem>,
}

/// What the issuer finds the public key by. Whatever is absent is left out of the header, an empty `kid` as well: some
/// issuers look it up and refuse the assertion.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyNames<'a> {
    /// `kid` (RFC 7515 §4.1.4).
    pub key_id: Option<&'a str>,
    /// `x5t` (RFC 7515 §4.1.7).
    pub x5t: Option<&'a str>,
    /// `x5t#S256` (RFC 7515 §4.1.8).
    pub x5t_s256: Option<&'a str>,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5t: Option<&'a str>,
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    x5t_s256: Option<&'a str>,
}

impl SigningKey {
    /// Reads a PEM text (PKCS#8, PKCS#1, SEC1) or a JSON Web Key, and checks that it fits the algorithm.
    ///
    /// # Errors
    /// What the text is instead; never any part of the text.
    pub fn parse(text: &str, format: KeyFormat, algorithm: SigningAlgorithm) -> Result<Self, KeyProblem> {
        let text = text.trim();
        let pair = key_pair(text, format)?;
        let kind = pair.kind();
        if !kind.fits(algorithm) {
            return Err(KeyProblem::DoesNotFit { algorithm, key: kind });
        }
        let certificates = if is_json(text) { jwk::certificates(text) } else { pem::certificates(text) };
        Ok(Self { pair, algorithm, certificates })
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.pair.kind()
    }

    /// Names the certificate that came in the same text (PEM, or `x5c` of a JSON Web Key, RFC 7517 §4.7).
    ///
    /// # Errors
    /// [`KeyProblem::NoCertificate`], [`KeyProblem::CertificateUnreadable`] or [`KeyProblem::CertificateOfAnotherKey`].
    pub fn thumbprints(&self) -> Result<Thumbprints, KeyProblem> {
        match &self.certificates {
            Ok(certificates) => certificate::thumbprints(&self.pair, certificates),
            Err(problem) => Err(problem.clone()),
        }
    }

    /// Signs the claims as a JWT (RFC 7519) of type `JWT`.
    ///
    /// # Errors
    /// [`KeyProblem::SigningFailed`].
    pub fn sign<C: Serialize>(&self, claims: &C, names: KeyNames<'_>) -> Result<String, KeyProblem> {
        let header = Header {
            typ: "JWT",
            alg: algorithm_name(self.algorithm),
            kid: names.key_id.filter(|key_id| !key_id.is_empty()),
            x5t: names.x5t,
            x5t_s256: names.x5t_s256,
        };
        jws::compact(&header, claims, |message| self.pair.sign(self.algorithm, message))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} for {})", self.kind(), algorithm_name(self.algorithm))
    }
}

fn is_json(text: &str) -> bool {
    text.starts_with('{')
}

fn key_pair(text: &str, expected: KeyFormat) -> Result<KeyPair, KeyProblem> {
    if is_json(text) {
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
        KeyFormat::Auto | KeyFormat::Pkcs8Pem | KeyFormat::Sec1Pem | KeyFormat::Jwk => {
            KeyPair::from_der(&block.der).map_err(|rejected| rsa_problem(rejected).unwrap_or_else(|| unknown(&block)))
        }
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

#[cfg(test)]
mod tests;
