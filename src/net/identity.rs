//! The certificate and key that this side shows a server in the TLS handshake (mutual TLS, RFC 8705).
//!
//! An identity says who *we* are. It has no say in whom we trust: the server's certificate is verified the same with an
//! identity as without.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rustls::InconsistentKeys;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use zeroize::Zeroizing;

use super::certificate::{self, CertificateFacts};
use super::pem::{self, Truncated};
use super::pkcs12;

/// Longest text or file that an identity is made from, in bytes. A chain of four with an RSA key takes about ten thousand.
pub const IDENTITY_BYTES_MAX: usize = 64 * 1024;

/// Most certificates in the text or file of an identity.
pub const IDENTITY_CERTIFICATES_MAX: usize = 16;

/// Why a text or file gives no identity. Never repeats any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityProblem {
    /// Longer than [`IDENTITY_BYTES_MAX`].
    #[error("is longer than {IDENTITY_BYTES_MAX} bytes")]
    TooLong,
    /// A block of the PEM text has no end.
    #[error("is cut off: a PEM block has a BEGIN line without its END line")]
    Truncated,
    /// There is no certificate.
    #[error("has no certificate")]
    NoCertificate,
    /// There are more than [`IDENTITY_CERTIFICATES_MAX`].
    #[error("has more than {IDENTITY_CERTIFICATES_MAX} certificates")]
    TooManyCertificates,
    /// A certificate can't be read.
    #[error("has a certificate that can't be read")]
    UnreadableCertificate,
    /// There is no private key.
    #[error("has no private key")]
    NoPrivateKey,
    /// There is more than one private key, and nothing says which is meant.
    #[error("has more than one private key")]
    SeveralPrivateKeys,
    /// The private key of a PEM text is behind a password.
    #[error("has an encrypted private key: give the key without a password, or certificate and key as PKCS#12")]
    EncryptedPrivateKey,
    /// The private key can't be read.
    #[error("has a private key that can't be read, or of a kind that TLS has no use for")]
    UnreadablePrivateKey,
    /// The private key belongs to none of the certificates.
    #[error("has a private key that belongs to none of its certificates")]
    KeyMismatch,
    /// The bytes are not PKCS#12.
    #[error("is not a PKCS#12 file (DER)")]
    NotPkcs12,
    /// The password does not open the PKCS#12 file.
    #[error("does not open with this password")]
    WrongPassword,
    /// The PKCS#12 file is encrypted in a way that is not supported, or asks for more work than is sensible.
    #[error("is encrypted in a way that is not supported")]
    UnsupportedEncryption,
}

/// Names an identity without telling it: SHA-256 over its certificates.
///
/// The key needs no part in it, because it was found to belong to the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityDigest([u8; digest::SHA256_OUTPUT_LEN]);

impl fmt::Display for IdentityDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A client certificate with its key. Cheap to clone. `Debug` shows nothing of the key.
#[derive(Clone)]
pub struct ClientIdentity(Arc<Inner>);

struct Inner {
    certified: Arc<CertifiedKey>,
    leaf: CertificateDer<'static>,
    digest: IdentityDigest,
    not_after: DateTime<Utc>,
}

/// What both kinds of file hold.
pub(super) struct Material {
    /// In any order, with the leaf among them.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl ClientIdentity {
    /// Reads certificates and one private key (PKCS#8, PKCS#1 or SEC1) from a PEM text, in any order.
    ///
    /// The leaf is the certificate that the key belongs to; those that issued it follow, and others are left out.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_pem(text: &str) -> Result<Self, IdentityProblem> {
        if text.len() > IDENTITY_BYTES_MAX {
            return Err(IdentityProblem::TooLong);
        }
        Self::from_material(pem_material(text)?)
    }

    /// Reads a PKCS#12 file (RFC 7292), as exported to `.pfx` or `.p12`.
    ///
    /// Turning the password into a key is slow on purpose, up to seconds: call this where blocking is allowed.
    ///
    /// # Errors
    /// What is wrong with the file or the password.
    pub fn from_pkcs12(file: &[u8], password: &str) -> Result<Self, IdentityProblem> {
        if file.len() > IDENTITY_BYTES_MAX {
            return Err(IdentityProblem::TooLong);
        }
        Self::from_material(pkcs12::open(file, password)?)
    }

    fn from_material(material: Material) -> Result<Self, IdentityProblem> {
        let Material { certificates, key } = material;
        if certificates.len() > IDENTITY_CERTIFICATES_MAX {
            return Err(IdentityProblem::TooManyCertificates);
        }
        let key = any_supported_type(&key).map_err(|_| IdentityProblem::UnreadablePrivateKey)?;
        let candidates = certificates.into_iter().map(|der| match certificate::facts(&der) {
            Some(facts) => Ok(Candidate { der: CertificateDer::from(der), facts }),
            None => Err(IdentityProblem::UnreadableCertificate),
        });
        let chain = chain(candidates.collect::<Result<_, _>>()?, &key)?;
        let Some(leaf) = chain.first() else { return Err(IdentityProblem::NoCertificate) };
        let (not_after, der) = (leaf.facts.not_after, leaf.der.clone());
        let certificates: Vec<_> = chain.into_iter().map(|candidate| candidate.der).collect();
        let digest = digest_of(&certificates);
        let certified = Arc::new(CertifiedKey::new(certificates, key));
        Ok(Self(Arc::new(Inner { certified, leaf: der, digest, not_after })))
    }

    /// Names this identity, for keys of caches: the same certificates have the same digest, always.
    pub fn digest(&self) -> IdentityDigest {
        self.0.digest
    }

    /// The leaf certificate as DER.
    pub fn leaf_der(&self) -> &[u8] {
        &self.0.leaf
    }

    /// The leaf's SHA-1 thumbprint as base64url, for `x5t` (RFC 7515 section 4.1.7).
    pub fn thumbprint_sha1(&self) -> String {
        thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.0.leaf)
    }

    /// The leaf's SHA-256 thumbprint as base64url, for `x5t#S256` (RFC 7515 section 4.1.8, RFC 8705 section 3.1).
    pub fn thumbprint_sha256(&self) -> String {
        thumbprint(&digest::SHA256, &self.0.leaf)
    }

    /// When the leaf ends. An identity that has ended is still made; servers refuse it.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.0.not_after
    }

    pub(super) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.certified)
    }
}

/// Turns a PKCS#12 file into one PEM text that [`ClientIdentity::from_pem`] reads: the certificate chain, leaf first, and
/// the key as PKCS#8. So the password need not be kept. As slow as [`ClientIdentity::from_pkcs12`].
///
/// # Errors
/// What is wrong with the file or the password.
pub fn pkcs12_to_pem(file: &[u8], password: &str) -> Result<Zeroizing<String>, IdentityProblem> {
    if file.len() > IDENTITY_BYTES_MAX {
        return Err(IdentityProblem::TooLong);
    }
    let material = pkcs12::open(file, password)?;
    let key = Zeroizing::new(material.key.secret_der().to_vec());
    let identity = ClientIdentity::from_material(material)?;
    let mut text = Zeroizing::new(String::new());
    for certificate in &identity.0.certified.cert {
        text.push_str(&pem::block("CERTIFICATE", certificate));
    }
    text.push_str(&pem::block("PRIVATE KEY", &key));
    Ok(text)
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("digest", &self.0.digest.to_string()).finish_non_exhaustive()
    }
}

fn pem_material(text: &str) -> Result<Material, IdentityProblem> {
    let mut certificates = Vec::new();
    let mut keys = Vec::new();
    for block in pem::blocks(text).map_err(|Truncated| IdentityProblem::Truncated)? {
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => {
                let der = block.der.ok_or(IdentityProblem::UnreadableCertificate)?;
                certificates.push(der.to_vec());
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if !block.is_encrypted => {
                keys.push(private_key(&block.label, block.der)?);
            }
            "ENCRYPTED PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {
                return Err(IdentityProblem::EncryptedPrivateKey);
            }
            "DSA PRIVATE KEY" | "OPENSSH PRIVATE KEY" => return Err(IdentityProblem::UnreadablePrivateKey),
            _ => {}
        }
    }
    if certificates.is_empty() {
        return Err(IdentityProblem::NoCertificate);
    }
    Ok(Material { certificates, key: only_key(keys)? })
}

/// The one key that there must be.
pub(super) fn only_key(mut keys: Vec<PrivateKeyDer<'static>>) -> Result<PrivateKeyDer<'static>, IdentityProblem> {
    let key = keys.pop().ok_or(IdentityProblem::NoPrivateKey)?;
    if keys.is_empty() { Ok(key) } else { Err(IdentityProblem::SeveralPrivateKeys) }
}

fn private_key(label: &str, der: Option<Zeroizing<Vec<u8>>>) -> Result<PrivateKeyDer<'static>, IdentityProblem> {
    let der = der.ok_or(IdentityProblem::UnreadablePrivateKey)?.to_vec();
    Ok(match label {
        "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(der.into()),
        "EC PRIVATE KEY" => PrivateKeyDer::Sec1(der.into()),
        _ => PrivateKeyDer::Pkcs8(der.into()),
    })
}

struct Candidate {
    der: CertificateDer<'static>,
    facts: CertificateFacts,
}

/// The certificate of the key, then the one that issued it, and so on as far as they are there (RFC 8446 section 4.4.2).
fn chain(mut rest: Vec<Candidate>, key: &Arc<dyn SigningKey>) -> Result<Vec<Candidate>, IdentityProblem> {
    let mut leaf = None;
    for (position, candidate) in rest.iter().enumerate() {
        match CertifiedKey::new(vec![candidate.der.clone()], Arc::clone(key)).keys_match() {
            Ok(()) => leaf = leaf.or(Some(position)),
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {}
            Err(_) => return Err(IdentityProblem::UnreadableCertificate),
        }
    }
    let mut next = Some(leaf.ok_or(IdentityProblem::KeyMismatch)?);
    let mut chain: Vec<Candidate> = Vec::new();
    while let Some(position) = next {
        let found = rest.swap_remove(position);
        let is_root = found.facts.issuer_raw == found.facts.subject_raw;
        next = rest.iter().position(|other| !is_root && other.facts.subject_raw == found.facts.issuer_raw);
        chain.push(found);
    }
    Ok(chain)
}

fn digest_of(certificates: &[CertificateDer<'_>]) -> IdentityDigest {
    let mut all = digest::Context::new(&digest::SHA256);
    for certificate in certificates {
        // Of a fixed length each, so that no two lists run together.
        all.update(digest::digest(&digest::SHA256, certificate).as_ref());
    }
    let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(all.finish().as_ref());
    IdentityDigest(bytes)
}

fn thumbprint(algorithm: &'static digest::Algorithm, der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(algorithm, der))
}

#[cfg(test)]
mod tests;
