//! Opens PKCS#12 files (RFC 7292), new ones (PBES2 with AES) and old ones (RC2 and 3DES) alike.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls::pki_types::PrivateKeyDer;

use super::identity::{IdentityProblem, Material, only_key};

/// Decrypts the file and takes out its certificates and its one key.
pub(super) fn open(file: &[u8], password: &str) -> Result<Material, IdentityProblem> {
    let archive = Pkcs12Archive::from_pkcs12(file, password).map_err(|error| problem(&error))?;
    let keys = archive.keys.iter().map(|bag| PrivateKeyDer::Pkcs8(bag.key.as_der().to_vec().into())).collect();
    let certificates: Vec<_> = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect();
    if certificates.is_empty() {
        return Err(IdentityProblem::NoCertificate);
    }
    Ok(Material { certificates, key: only_key(keys)? })
}

fn problem(error: &Error) -> IdentityProblem {
    match error {
        // Without a MAC a wrong password shows as padding that makes no sense.
        Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError => IdentityProblem::WrongPassword,
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm | Error::InvalidParameters => {
            IdentityProblem::UnsupportedEncryption
        }
        Error::UnsupportedCertificateType | Error::X509Error(_) => IdentityProblem::UnreadableCertificate,
        Error::InvalidPrivateKey => IdentityProblem::UnreadablePrivateKey,
        Error::IoError(_)
        | Error::DerError(_)
        | Error::InvalidVersion
        | Error::UnsupportedContentType
        | Error::InvalidLength
        | Error::InvalidData => IdentityProblem::NotPkcs12,
    }
}
