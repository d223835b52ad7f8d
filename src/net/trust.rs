//! Certificates that are trusted besides the platform's own: those of issuers inside a company.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::pem;

/// Longest file of trusted certificates, in bytes. A platform's own whole list takes about a quarter of that.
pub const TRUSTED_BYTES_MAX: u64 = 1024 * 1024;

/// Why the file of trusted certificates can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file can't be read, or is longer than [`TRUSTED_BYTES_MAX`].
    #[error("the file {} could not be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file has no certificate in PEM.
    #[error("the file {} has no certificate (PEM)", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A block of the file has no end.
    #[error("the file {} is cut off: a PEM block has a BEGIN line without its END line", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// A certificate of the file can't be read.
    #[error("certificate {number} of the file {} can't be read", path.display())]
    NotACertificate {
        /// The file.
        path: PathBuf,
        /// Its place among the certificates, from 1.
        number: usize,
    },
}

/// Certificates to trust in addition. The default is none.
#[derive(Debug, Clone, Default)]
pub struct TrustedCertificates(Arc<[CertificateDer<'static>]>);

impl TrustedCertificates {
    /// Reads a PEM bundle; blocks that are no certificates are passed over.
    ///
    /// # Errors
    /// When the file can't be read, has no certificate, or one that can't be trusted because it can't be read.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        let path = path.to_owned();
        let text = match read_limited(&path) {
            Ok(text) => text,
            Err(source) => return Err(TrustError::Unreadable { path, source }),
        };
        let Ok(blocks) = pem::blocks(&text) else { return Err(TrustError::Truncated { path }) };
        let mut certificates = Vec::new();
        let is_certificate = |label: &str| matches!(label, "CERTIFICATE" | "X509 CERTIFICATE");
        for (index, block) in blocks.into_iter().filter(|block| is_certificate(&block.label)).enumerate() {
            let certificate = block.der.map(|der| CertificateDer::from(der.to_vec()));
            let Some(certificate) = certificate.filter(can_be_root) else {
                return Err(TrustError::NotACertificate { path, number: index + 1 });
            };
            certificates.push(certificate);
        }
        if certificates.is_empty() {
            return Err(TrustError::Empty { path });
        }
        Ok(Self(certificates.into()))
    }

    pub(super) fn to_vec(&self) -> Vec<CertificateDer<'static>> {
        self.0.to_vec()
    }
}

fn can_be_root(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

fn read_limited(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut file = File::open(path)?.take(TRUSTED_BYTES_MAX + 1);
    file.read_to_string(&mut text)?;
    if file.limit() == 0 {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {TRUSTED_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = include_str!("../../tests/identities/ca.pem");

    fn read(text: &str) -> Result<usize, TrustError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        TrustedCertificates::read(file.path()).map(|trusted| trusted.0.len())
    }

    #[test]
    fn a_bundle_gives_every_certificate_and_nothing_else_of_it() {
        let key = "-----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----\n";
        assert_eq!(read(CA).unwrap(), 1);
        assert_eq!(read(&format!("# ours\n{CA}{key}\n{CA}")).unwrap(), 2);
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let key = "-----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----\n";
        for text in ["", "\n", "no PEM", key] {
            assert!(matches!(read(text), Err(TrustError::Empty { .. })), "{text}");
        }
    }

    #[test]
    fn a_certificate_that_is_none_is_named_by_its_place() {
        for body in ["YQ==", "*"] {
            let broken = format!("{CA}-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
            assert!(matches!(read(&broken), Err(TrustError::NotACertificate { number: 2, .. })), "{body}");
        }
        assert!(matches!(read(&CA[..CA.len() - 10]), Err(TrustError::Truncated { .. })));
    }

    #[test]
    fn a_file_that_is_missing_or_too_long_is_unreadable() {
        let missing = TrustedCertificates::read(Path::new("/nowhere/ca.pem"));
        assert!(matches!(missing, Err(TrustError::Unreadable { .. })), "{missing:?}");
        let padded = |length: u64| format!("{CA}{}", " ".repeat(usize::try_from(length).unwrap() - CA.len()));
        assert_eq!(read(&padded(TRUSTED_BYTES_MAX)).unwrap(), 1);
        assert!(matches!(read(&padded(TRUSTED_BYTES_MAX + 1)), Err(TrustError::Unreadable { .. })));
    }
}
