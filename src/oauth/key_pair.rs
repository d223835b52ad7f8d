//! A private key of any kind that signs here, by aws-lc-rs. Knows nothing of how keys are written.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use zeroize::Zeroizing;

use super::key_problem::{KeyKind, KeyProblem};
use crate::domain::definition::SigningAlgorithm;

/// A key that was read. An elliptic curve key signs with the hash of its curve (RFC 7518 §3.4).
pub(super) enum KeyPair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    P521(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl KeyPair {
    /// Reads PKCS#8 or SEC1. PKCS#8 names the kind inside; it is found by trying. SEC1 goes the same way, being read as
    /// elliptic curves only.
    ///
    /// # Errors
    /// Why it is no RSA key either.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, KeyRejected> {
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            return Ok(Self::P256(pair));
        }
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, der) {
            return Ok(Self::P384(pair));
        }
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P521_SHA512_FIXED_SIGNING, der) {
            return Ok(Self::P521(pair));
        }
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
            return Ok(Self::Ed25519(pair));
        }
        RsaKeyPair::from_pkcs8(der).map(Self::Rsa)
    }

    /// What kind of key it is.
    pub(super) fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(pair) => KeyKind::Rsa { bits: pair.public_modulus_len() * 8 },
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
            Self::P521(_) => KeyKind::P521,
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// Signs the bytes; the signature has the form that RFC 7518 §3 and RFC 8037 §3.1 give it.
    ///
    /// # Errors
    /// [`KeyProblem::DoesNotFit`] for an algorithm of another kind of key, [`KeyProblem::SigningFailed`].
    pub(super) fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyProblem> {
        let key = self.kind();
        if !key.fits(algorithm) {
            return Err(KeyProblem::DoesNotFit { algorithm, key });
        }
        let signed = match self {
            Self::Rsa(pair) => {
                let encoding = rsa_encoding(algorithm).ok_or(KeyProblem::DoesNotFit { algorithm, key })?;
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map(|()| signature)
            }
            Self::P256(pair) | Self::P384(pair) | Self::P521(pair) => {
                pair.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec())
            }
            Self::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        };
        signed.map_err(|_| KeyProblem::SigningFailed)
    }

    /// The public half as it stands in a certificate's `subjectPublicKey` (RFC 5280 §4.1): PKCS#1, an uncompressed
    /// point (SEC 1 §2.3.3), or the 32 bytes of Ed25519.
    pub(super) fn public_bytes(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::P256(pair) | Self::P384(pair) | Self::P521(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    /// The whole key as PKCS#8 (RFC 5208).
    ///
    /// # Errors
    /// [`KeyProblem::SigningFailed`] when the library can't write what it read.
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyProblem> {
        let written = match self {
            Self::Rsa(pair) => pair.as_der().map(|der| Zeroizing::new(der.as_ref().to_vec())),
            Self::P256(pair) | Self::P384(pair) | Self::P521(pair) => {
                pair.to_pkcs8v1().map(|document| Zeroizing::new(document.as_ref().to_vec()))
            }
            Self::Ed25519(pair) => pair.to_pkcs8v1().map(|document| Zeroizing::new(document.as_ref().to_vec())),
        };
        written.map_err(|_| KeyProblem::SigningFailed)
    }
}

fn rsa_encoding(algorithm: SigningAlgorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        SigningAlgorithm::Rs256 => Some(&RSA_PKCS1_SHA256),
        SigningAlgorithm::Rs384 => Some(&RSA_PKCS1_SHA384),
        SigningAlgorithm::Rs512 => Some(&RSA_PKCS1_SHA512),
        SigningAlgorithm::Ps256 => Some(&RSA_PSS_SHA256),
        SigningAlgorithm::Ps384 => Some(&RSA_PSS_SHA384),
        SigningAlgorithm::Ps512 => Some(&RSA_PSS_SHA512),
        SigningAlgorithm::Es256 | SigningAlgorithm::Es384 | SigningAlgorithm::Es512 | SigningAlgorithm::Eddsa => None,
    }
}
