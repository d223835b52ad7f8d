//! Where a connection's Access Token URL comes from, and asking an issuer for it.

use std::time::Duration;

use super::{ChangeError, Registry};
use crate::domain::HttpUrl;
use crate::domain::connection::ConnectionRejection;
use crate::domain::definition::{ConnectionDefinition, PinnedMetadata};
use crate::oauth::{DiscoveryError, Issuer, Metadata, MetadataWarning};

/// How long an issuer may take to answer while a person waits; all places where its metadata may stand share it.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// Where a connection's Access Token URL comes from.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// A person typed it.
    Typed(HttpUrl),
    /// An issuer publishes it.
    Published(Issuer),
}

impl Endpoint {
    /// What a definition holds until the issuer was asked: the issuer itself in the place of the Access Token URL. It is
    /// made of nothing but the input, so that an idempotency key can be claimed for it.
    pub fn until_asked(&self) -> (HttpUrl, Option<PinnedMetadata>) {
        match self {
            Self::Typed(url) => (url.clone(), None),
            Self::Published(issuer) => {
                let pinned = PinnedMetadata { issuer: issuer.to_string(), mtls_token_endpoint: None };
                (issuer.url().clone(), Some(pinned))
            }
        }
    }

    /// Who has to be asked.
    pub fn into_issuer(self) -> Option<Issuer> {
        match self {
            Self::Typed(_) => None,
            Self::Published(issuer) => Some(issuer),
        }
    }
}

impl Registry {
    /// Reads what an issuer publishes. Nothing is kept.
    ///
    /// # Errors
    /// Why there is nothing that can be used.
    pub async fn discover(&self, issuer: &Issuer) -> Result<Metadata, DiscoveryError> {
        self.discovery.discover(issuer, DISCOVERY_TIMEOUT).await
    }

    /// Pins what the issuer publishes, if there is one to ask.
    pub(super) async fn locate(
        &self,
        definition: ConnectionDefinition,
        issuer: Option<&Issuer>,
    ) -> Result<(ConnectionDefinition, Vec<MetadataWarning>), ChangeError<ConnectionRejection>> {
        let Some(issuer) = issuer else { return Ok((definition, Vec::new())) };
        let metadata = self.discover(issuer).await.map_err(ChangeError::Discovery)?;
        let warnings = metadata.warnings_for(&definition);
        let pins = metadata.pins;
        let pinned = PinnedMetadata { issuer: pins.issuer.to_string(), mtls_token_endpoint: pins.mtls_token_endpoint };
        let located =
            ConnectionDefinition { access_token_url: pins.token_endpoint, discovery: Some(pinned), ..definition };
        Ok((located, warnings))
    }
}
