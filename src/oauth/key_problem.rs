//! Why a text is no key that can sign, in words that name what was found. Never holds any of the text.

use std::fmt;

use crate::domain::definition::{HmacAlgorithm, KeyFormat, SigningAlgorithm};

/// What a private key turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA, with the length of its modulus.
    Rsa {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// An elliptic curve key on P-256.
    P256,
    /// An elliptic curve key on P-384.
    P384,
    /// An elliptic curve key on P-521.
    P521,
    /// An Edwards curve key on Ed25519.
    Ed25519,
}

impl KeyKind {
    /// Whether keys of this kind sign with the algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
    pub fn fits(self, algorithm: SigningAlgorithm) -> bool {
        match self {
            Self::Rsa { .. } => matches!(
                algorithm,
                SigningAlgorithm::Rs256
                    | SigningAlgorithm::Rs384
                    | SigningAlgorithm::Rs512
                    | SigningAlgorithm::Ps256
                    | SigningAlgorithm::Ps384
                    | SigningAlgorithm::Ps512
            ),
            Self::P256 => algorithm == SigningAlgorithm::Es256,
            Self::P384 => algorithm == SigningAlgorithm::Es384,
            Self::P521 => algorithm == SigningAlgorithm::Es512,
            Self::Ed25519 => algorithm == SigningAlgorithm::Eddsa,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "an RSA key of {bits} bits"),
            Self::P256 => f.write_str("a P-256 key"),
            Self::P384 => f.write_str("a P-384 key"),
            Self::P521 => f.write_str("a P-521 key"),
            Self::Ed25519 => f.write_str("an Ed25519 key"),
        }
    }
}

/// Why a text is no private key that can sign with the algorithm asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Neither a PEM text nor a JSON object.
    #[error("this is neither a PEM text (-----BEGIN …) nor a JSON Web Key ({{ … }})")]
    Unrecognised,
    /// The key is written in another format than the one chosen.
    #[error("the key format is set to {}, but this is {}", format_name(*.expected), format_name(*.found))]
    FormatMismatch {
        /// What was chosen.
        expected: KeyFormat,
        /// What the text is.
        found: KeyFormat,
    },
    /// The PEM text stops before its END line, or its END line names another thing.
    #[error("the PEM text is cut off: its -----END line is missing")]
    Truncated,
    /// The text looks right from outside, but not from inside.
    #[error("this looks like {}, but its content can't be read; copy it again", format_name(*.format))]
    Unreadable {
        /// What the text looks like.
        format: KeyFormat,
    },
    /// A pass phrase is needed.
    #[error("the private key is encrypted with a pass phrase; store it decrypted (openssl pkey -in key.pem)")]
    Encrypted,
    /// A public key.
    #[error("this is a public key; signing needs the private key that belongs to it")]
    PublicKey,
    /// A certificate, or a request for one.
    #[error("this is a certificate; signing needs the private key that belongs to it")]
    Certificate,
    /// A PEM text with no key in it.
    #[error("this PEM text holds no private key")]
    NoPrivateKey,
    /// A key for which there is no algorithm here: secp256k1, Ed448, DSA, RSA-PSS only, symmetric…
    #[error("this kind of key is not supported; use RSA, P-256, P-384, P-521 or Ed25519")]
    UnsupportedKind,
    /// An RSA key that can be broken (RFC 7518 §3.3).
    #[error("this RSA key has fewer than 2048 bits, which RFC 7518 forbids; make a new one")]
    RsaTooShort,
    /// An RSA key so long that signing would take seconds.
    #[error("this RSA key has more than 8192 bits; make a shorter one")]
    RsaTooLong,
    /// A JSON Web Key without a member that it needs (RFC 7518 §6).
    #[error("the JSON Web Key has no readable member `{member}`")]
    JwkMember {
        /// Name of the member.
        member: &'static str,
    },
    /// Numbers that don't belong together.
    #[error("the parts of this key don't belong together; copy it again")]
    Inconsistent,
    /// The key is fine, but not for this algorithm.
    #[error("{} needs {}, this is {key}", algorithm_name(*.algorithm), needed_key(*.algorithm))]
    DoesNotFit {
        /// What was chosen.
        algorithm: SigningAlgorithm,
        /// What the key is.
        key: KeyKind,
    },
    /// `x5t` is wanted, but no certificate stands beside the key.
    #[error("no certificate comes with the key; paste it into the same text (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// The text of a certificate that can't be read.
    #[error("the certificate beside the key can't be read; copy it again")]
    CertificateUnreadable,
    /// None of the certificates has the public half of the key.
    #[error("the certificate does not belong to the key; paste the one that was made for it")]
    CertificateOfAnotherKey,
    /// A client secret with fewer bytes than the algorithm's hash, which RFC 7518 §3.2 forbids.
    #[error("{} needs a secret of at least {needed} bytes, this one has fewer (RFC 7518 section 3.2)", algorithm.name())]
    SecretTooShort {
        /// What was chosen.
        algorithm: HmacAlgorithm,
        /// Fewest bytes that it takes.
        needed: usize,
    },
    /// The signature itself failed, which a key that was read must not let happen.
    #[error("signing failed")]
    SigningFailed,
}

/// The algorithm as RFC 7518 and RFC 8037 write it.
pub(super) fn algorithm_name(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm {
        SigningAlgorithm::Rs256 => "RS256",
        SigningAlgorithm::Rs384 => "RS384",
        SigningAlgorithm::Rs512 => "RS512",
        SigningAlgorithm::Ps256 => "PS256",
        SigningAlgorithm::Ps384 => "PS384",
        SigningAlgorithm::Ps512 => "PS512",
        SigningAlgorithm::Es256 => "ES256",
        SigningAlgorithm::Es384 => "ES384",
        SigningAlgorithm::Es512 => "ES512",
        SigningAlgorithm::Eddsa => "EdDSA",
    }
}

fn needed_key(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm {
        SigningAlgorithm::Rs256
        | SigningAlgorithm::Rs384
        | SigningAlgorithm::Rs512
        | SigningAlgorithm::Ps256
        | SigningAlgorithm::Ps384
        | SigningAlgorithm::Ps512 => "an RSA key",
        SigningAlgorithm::Es256 => "a P-256 key",
        SigningAlgorithm::Es384 => "a P-384 key",
        SigningAlgorithm::Es512 => "a P-521 key",
        SigningAlgorithm::Eddsa => "an Ed25519 key",
    }
}

fn format_name(format: KeyFormat) -> &'static str {
    match format {
        KeyFormat::Auto => "any format",
        KeyFormat::Pkcs8Pem => "a PKCS#8 PEM text (-----BEGIN PRIVATE KEY-----)",
        KeyFormat::Pkcs1Pem => "a PKCS#1 PEM text (-----BEGIN RSA PRIVATE KEY-----)",
        KeyFormat::Sec1Pem => "a SEC1 PEM text (-----BEGIN EC PRIVATE KEY-----)",
        KeyFormat::Jwk => "a JSON Web Key",
    }
}
