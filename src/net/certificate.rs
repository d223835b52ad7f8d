//! What is read out of an X.509 certificate (RFC 5280). Trust is never judged here; that is for the TLS library.

use chrono::{DateTime, Utc};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::cause::CAUSE_CHARS_MAX;

/// The parts of a certificate that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CertificateFacts {
    /// When it ends.
    pub(super) not_after: DateTime<Utc>,
    /// The common name of its issuer, or else all that its issuer's name says; cut at a limit.
    pub(super) issuer: String,
    /// Its subject as DER.
    pub(super) subject_raw: Vec<u8>,
    /// Its issuer as DER.
    pub(super) issuer_raw: Vec<u8>,
}

/// Reads one certificate; `None` when the bytes are not one, or are more than one.
pub(super) fn facts(der: &[u8]) -> Option<CertificateFacts> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let issuer = certificate.issuer();
    let common_name = issuer.iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned);
    let issuer_text = common_name.unwrap_or_else(|| issuer.to_string());
    Some(CertificateFacts {
        not_after: DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)?,
        issuer: issuer_text.chars().filter(|c| !c.is_control()).take(CAUSE_CHARS_MAX).collect(),
        subject_raw: certificate.subject().as_raw().to_vec(),
        issuer_raw: issuer.as_raw().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::pem;
    use super::*;

    fn der(text: &str, label: &str) -> Vec<u8> {
        let blocks = pem::blocks(text).unwrap_or_else(|_| panic!("truncated"));
        blocks.into_iter().find(|block| block.label == label).unwrap().der.unwrap().to_vec()
    }

    #[test]
    fn the_end_and_the_issuer_are_read() {
        let leaf = der(include_str!("../../tests/identities/ec_sec1.pem"), "CERTIFICATE");
        let issuer = der(include_str!("../../tests/identities/ca.pem"), "CERTIFICATE");
        let (leaf, issuer) = (facts(&leaf).unwrap(), facts(&issuer).unwrap());
        assert_eq!(leaf.not_after.to_rfc3339(), "2126-10-30T05:24:07+00:00");
        assert_eq!(leaf.issuer, "Fixture CA");
        assert_eq!(leaf.issuer_raw, issuer.subject_raw);
        assert_ne!(leaf.subject_raw, issuer.subject_raw);
    }

    #[test]
    fn what_is_no_single_certificate_has_no_facts() {
        let leaf = der(include_str!("../../tests/identities/ec_sec1.pem"), "CERTIFICATE");
        assert_eq!(facts(b"no certificate"), None);
        assert_eq!(facts(&leaf[..leaf.len() - 1]), None);
        assert_eq!(facts(&[leaf.as_slice(), &[0]].concat()), None);
    }
}
