//! Proofs that the sender of a token holds a key (DPoP, RFC 9449). A stolen token is then worth nothing without the key.
//!
//! The key is made here and lives as long as its token; it is no configured secret. Nonces are in
//! [`dpop_nonce`](super::dpop_nonce).

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use zeroize::Zeroizing;

use super::dpop_nonce::DpopNonce;
use super::jws;
use super::key_pair::KeyPair;
use super::key_problem::algorithm_name;
use crate::crypto::sha256;
use crate::domain::HttpUrl;
use crate::domain::definition::{DpopAlgorithm, SigningAlgorithm};
use crate::net::Method;
use crate::net::header::HeaderName;

/// The header that a proof travels in (RFC 9449 §4.1).
pub static DPOP: HeaderName = HeaderName::from_static("dpop");

/// Why there is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DpopProblem {
    /// The library could not make a key.
    #[error("no key could be made for DPoP")]
    NoKey,
    /// What was kept is no key that was made here.
    #[error("the key that was kept for DPoP can't be read")]
    KeyUnreadable,
    /// The library could not sign.
    #[error("the DPoP proof could not be signed")]
    SigningFailed,
}

/// A key that tokens are bound to.
pub struct DpopKey {
    pair: KeyPair,
    algorithm: DpopAlgorithm,
    jwk: PublicJwk,
}

/// What one proof says. Each request needs its own: `jti` must never come twice.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// `htm`: the method of the request.
    pub method: &'a Method,
    /// `htu`: its URL; the query is dropped here, and a fragment it can't have.
    pub url: &'a HttpUrl,
    /// `nonce`, when the server gave one.
    pub nonce: Option<&'a DpopNonce>,
    /// The token that the request carries; its hash becomes `ath`. None at the token endpoint.
    pub access_token: Option<&'a str>,
    /// `jti`.
    pub jti: &'a str,
    /// `iat`.
    pub issued_at: DateTime<Utc>,
}

/// The public key. The order of the fields is the one that RFC 7638 §3.3 hashes.
#[derive(Serialize)]
struct PublicJwk {
    crv: &'static str,
    kty: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    jwk: &'a PublicJwk,
}

#[derive(Serialize)]
struct Claims<'a> {
    jti: &'a str,
    htm: &'a str,
    htu: &'a str,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

fn signing(algorithm: DpopAlgorithm) -> SigningAlgorithm {
    match algorithm {
        DpopAlgorithm::Es256 => SigningAlgorithm::Es256,
        DpopAlgorithm::Es384 => SigningAlgorithm::Es384,
        DpopAlgorithm::Eddsa => SigningAlgorithm::Eddsa,
    }
}

impl DpopKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`DpopProblem::NoKey`].
    pub fn generate(algorithm: DpopAlgorithm) -> Result<Self, DpopProblem> {
        let made = match algorithm {
            DpopAlgorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(KeyPair::P256),
            DpopAlgorithm::Es384 => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map(KeyPair::P384),
            DpopAlgorithm::Eddsa => Ed25519KeyPair::generate().map(KeyPair::Ed25519),
        };
        made.ok().and_then(Self::new).ok_or(DpopProblem::NoKey)
    }

    /// Reads what [`to_pkcs8`](Self::to_pkcs8) wrote.
    ///
    /// # Errors
    /// [`DpopProblem::KeyUnreadable`], for keys of other kinds as well.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, DpopProblem> {
        KeyPair::from_der(der).ok().and_then(Self::new).ok_or(DpopProblem::KeyUnreadable)
    }

    fn new(pair: KeyPair) -> Option<Self> {
        let (algorithm, jwk) = match (&pair, pair.public_bytes()) {
            // SEC 1 §2.3.3: an uncompressed point.
            (KeyPair::P256(_), [4, point @ ..]) => (DpopAlgorithm::Es256, PublicJwk::ec("P-256", point)),
            (KeyPair::P384(_), [4, point @ ..]) => (DpopAlgorithm::Es384, PublicJwk::ec("P-384", point)),
            (KeyPair::Ed25519(_), public) => (DpopAlgorithm::Eddsa, PublicJwk::ed25519(public)),
            (KeyPair::Rsa(_) | KeyPair::P256(_) | KeyPair::P384(_) | KeyPair::P521(_), _) => return None,
        };
        Some(Self { pair, algorithm, jwk })
    }

    /// The whole key as PKCS#8 (RFC 5208), to be sealed together with the token that is bound to it.
    ///
    /// # Errors
    /// [`DpopProblem::KeyUnreadable`].
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, DpopProblem> {
        self.pair.to_pkcs8().map_err(|_| DpopProblem::KeyUnreadable)
    }

    /// How it signs.
    pub fn algorithm(&self) -> DpopAlgorithm {
        self.algorithm
    }

    /// `jkt`: base64url of the SHA-256 thumbprint of the public key (RFC 7638, RFC 9449 §6).
    ///
    /// # Errors
    /// [`DpopProblem::SigningFailed`] when the public key can't be written as JSON.
    pub fn thumbprint(&self) -> Result<String, DpopProblem> {
        let json = serde_json::to_vec(&self.jwk).map_err(|_| DpopProblem::SigningFailed)?;
        Ok(URL_SAFE_NO_PAD.encode(sha256(&[&json])))
    }

    /// Signs a proof, the value of the `DPoP` header (RFC 9449 §4.2).
    ///
    /// # Errors
    /// [`DpopProblem::SigningFailed`].
    pub fn proof(&self, proof: Proof<'_>) -> Result<String, DpopProblem> {
        let mut target = proof.url.as_url().clone();
        target.set_query(None);
        let algorithm = signing(self.algorithm);
        let header = Header { typ: "dpop+jwt", alg: algorithm_name(algorithm), jwk: &self.jwk };
        let claims = Claims {
            jti: proof.jti,
            htm: proof.method.as_str(),
            htu: target.as_str(),
            iat: proof.issued_at.timestamp(),
            ath: proof.access_token.map(|token| URL_SAFE_NO_PAD.encode(sha256(&[token.as_bytes()]))),
            nonce: proof.nonce.map(DpopNonce::as_str),
        };
        let signed = jws::compact(&header, &claims, |message| self.pair.sign(algorithm, message));
        signed.map_err(|_| DpopProblem::SigningFailed)
    }
}

impl fmt::Debug for DpopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DpopKey({})", algorithm_name(signing(self.algorithm)))
    }
}

impl PublicJwk {
    /// From the two halves of a point (RFC 7518 §6.2.1).
    fn ec(crv: &'static str, point: &[u8]) -> Self {
        let (x, y) = point.split_at(point.len() / 2);
        Self { crv, kty: "EC", x: URL_SAFE_NO_PAD.encode(x), y: Some(URL_SAFE_NO_PAD.encode(y)) }
    }

    /// RFC 8037 §2.
    fn ed25519(public: &[u8]) -> Self {
        Self { crv: "Ed25519", kty: "OKP", x: URL_SAFE_NO_PAD.encode(public), y: None }
    }
}

#[cfg(test)]
mod tests;
