//! The certificate that comes with a private key: what `x5t` and `x5t#S256` name it by (RFC 7515 §4.1.7 and §4.1.8).
//!
//! Nothing is verified here, neither the chain nor the dates: the issuer knows the certificate already and only wants
//! to hear which one it is. Client certificates of TLS are read by `net`.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::nom::Parser;

use super::key_pair::KeyPair;
use super::key_problem::KeyProblem;
use crate::crypto::sha256;

/// What a JWT header names a certificate by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbprints {
    /// `x5t`: base64url of the SHA-1 of the DER certificate. A name, not a proof: the issuer compares it with its own.
    pub x5t: String,
    /// `x5t#S256`: base64url of the SHA-256 of the DER certificate.
    pub x5t_s256: String,
}

/// Names the certificate that was made for the key; others beside it (a chain) are passed over.
///
/// # Errors
/// [`KeyProblem::NoCertificate`], [`KeyProblem::CertificateUnreadable`], or [`KeyProblem::CertificateOfAnotherKey`] when
/// all can be read and none has the public half of the key.
pub(super) fn thumbprints(pair: &KeyPair, certificates: &[Vec<u8>]) -> Result<Thumbprints, KeyProblem> {
    if certificates.is_empty() {
        return Err(KeyProblem::NoCertificate);
    }
    for der in certificates {
        if has_public_key(der, pair.public_bytes())? {
            let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, der);
            return Ok(Thumbprints {
                x5t: URL_SAFE_NO_PAD.encode(sha1),
                x5t_s256: URL_SAFE_NO_PAD.encode(sha256(&[der])),
            });
        }
    }
    Err(KeyProblem::CertificateOfAnotherKey)
}

/// Whether `subjectPublicKey` (RFC 5280 §4.1) holds these bytes. Extensions are not looked into.
fn has_public_key(der: &[u8], public_key: &[u8]) -> Result<bool, KeyProblem> {
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    match parser.parse(der) {
        Ok(([], certificate)) => Ok(certificate.tbs_certificate.subject_pki.subject_public_key.data == public_key),
        Ok(_) | Err(_) => Err(KeyProblem::CertificateUnreadable),
    }
}
