//! Whom we trust and who we are, in the terms of the TLS library.
//!
//! The only place that makes a TLS configuration. Each one verifies the server by the platform's roots and the
//! configured ones; there is no way to make one that does not.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::SingleCertAndKey;
use rustls_platform_verifier::Verifier;

use super::identity::ClientIdentity;
use super::trust::TrustedCertificates;

/// Offered in this order (RFC 7301).
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What all TLS connections of a client have in common. Reading the platform's roots is slow, so it is done once.
#[derive(Debug, Clone)]
pub(super) struct TlsTrust {
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
}

impl TlsTrust {
    /// Reads the platform's roots and adds the trusted ones.
    pub(super) fn new(trusted: &TrustedCertificates) -> Result<Self, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new_with_extra_roots(trusted.to_vec(), Arc::clone(&provider))?;
        Ok(Self { provider, verifier: Arc::new(verifier) })
    }

    /// Makes a configuration for one identity, or for none.
    ///
    /// Each has a session store of its own: a session that was opened as one client must never be resumed as another.
    pub(super) fn config(&self, identity: Option<&ClientIdentity>) -> Result<ClientConfig, rustls::Error> {
        self.config_with(resolver(identity))
    }

    /// Makes a configuration for whatever `resolver` answers when the server asks for a certificate.
    pub(super) fn config_with(&self, resolver: Arc<dyn ResolvesClientCert>) -> Result<ClientConfig, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&self.verifier))
            .with_client_cert_resolver(resolver);
        config.alpn_protocols = ALPN.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }
}

/// Answers with the identity's certificate, or that there is none.
pub(super) fn resolver(identity: Option<&ClientIdentity>) -> Arc<dyn ResolvesClientCert> {
    match identity {
        Some(identity) => Arc::new(SingleCertAndKey::from(identity.certified())),
        None => Arc::new(NoCertificate),
    }
}

/// Has no certificate to show.
#[derive(Debug)]
struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
