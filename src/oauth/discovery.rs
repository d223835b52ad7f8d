//! Finds an issuer's token endpoint from the metadata that it publishes (RFC 8414, OpenID Connect Discovery).
//!
//! Whoever answers for the issuer decides where the client's secret will go. So the document must speak for exactly the
//! issuer that was asked, no redirect is followed, and each endpoint in it is judged like a URL that a person types.
//!
//! Deliberately absent: keys of the issuer and anything about users (a client of its own needs neither), `signed_metadata`
//! (RFC 8414 §2.1 leaves it to the client), keeping what was found, and retries: a person asks again, or the watch does.

mod document;
mod error;
mod issuer;
mod suitability;

use std::time::Duration;

use openidconnect::core::CoreGrantType;
use serde::Serialize;
use tokio::time::Instant;

pub use document::{Finding, NAME_LENGTH_MAX, NAMES_MAX};
pub use error::DiscoveryError;
pub use issuer::{ISSUER_BYTES_MAX, Issuer};
pub use suitability::MetadataWarning;

use crate::crypto::sha256;
use crate::domain::HttpUrl;
use crate::domain::definition::ConnectionDefinition;
use crate::domain::failure::{ERROR_DESCRIPTION_LENGTH_MAX, tame};
use crate::domain::metadata::{MetadataChange, PinnedMember};
use crate::net::header::{ACCEPT, HeaderMap, HeaderValue};
use crate::net::{BodyOverflow, HttpClient, Method, OutboundRequest};
use document::{Capabilities, Document, MTLS_TOKEN_ENDPOINT, TOKEN_ENDPOINT};

/// Longest document in bytes, after decompression.
pub const METADATA_BYTES_MAX: usize = 1_048_576;
/// Longest that all places of one issuer may take together.
pub const DISCOVERY_TIMEOUT_MAX: Duration = Duration::from_mins(1);

/// Reads the metadata of issuers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Discovery {
    client: HttpClient,
}

/// What an issuer says about itself, as far as a client without users is concerned.
///
/// Lists are `None` where the issuer says nothing. RFC 8414 §2 gives defaults for that which many servers don't mean, so
/// none is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What a connection is bound to.
    pub pins: Pins,
    /// `grant_types_supported`
    pub grant_types: Option<Vec<String>>,
    /// `token_endpoint_auth_methods_supported`
    pub auth_methods: Option<Vec<String>>,
    /// `token_endpoint_auth_signing_alg_values_supported`
    pub signing_algorithms: Option<Vec<String>>,
    /// `dpop_signing_alg_values_supported`
    pub dpop_algorithms: Option<Vec<String>>,
    /// What a person should know although it stops nothing.
    pub warnings: Vec<MetadataWarning>,
}

/// The part of the metadata that decides where a secret goes. A connection keeps it as it was when a person looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pins {
    /// `issuer`
    pub issuer: Issuer,
    /// `token_endpoint`
    pub token_endpoint: HttpUrl,
    /// `token_endpoint` of `mtls_endpoint_aliases` (RFC 8705 §5).
    pub mtls_token_endpoint: Option<HttpUrl>,
}

impl Discovery {
    /// Reads through `client`, so under its policy.
    pub fn new(client: HttpClient) -> Self {
        Self { client }
    }

    /// Looks for the issuer's metadata where the standards put it, until one place has it or `timeout` (at most
    /// [`DISCOVERY_TIMEOUT_MAX`]) is over. Only a place with nothing in it leads to the next one.
    ///
    /// # Errors
    /// Why there is no metadata that can be used. No endpoint in it was contacted in any case.
    pub async fn discover(&self, issuer: &Issuer, timeout: Duration) -> Result<Metadata, DiscoveryError> {
        self.check("issuer", issuer.url())?;
        let deadline = Instant::now() + timeout.min(DISCOVERY_TIMEOUT_MAX);
        let mut tried = Vec::new();
        for location in issuer.locations() {
            let document = match self.read(location, deadline).await? {
                Ok(document) => document,
                Err(finding) if finding.is_absence() => {
                    tried.push((location.to_string(), finding));
                    continue;
                }
                Err(finding) => return Err(DiscoveryError::Malformed { location: location.to_string(), finding }),
            };
            return self.judge(issuer, location, document);
        }
        Err(DiscoveryError::NotFound { issuer: issuer.to_string(), tried })
    }

    /// Reads one place. The inner failure is about what stands there, the outer one about reaching it.
    async fn read(&self, location: &HttpUrl, deadline: Instant) -> Result<Result<Document, Finding>, DiscoveryError> {
        let request = OutboundRequest {
            method: Method::GET,
            url: location.clone(),
            headers: HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]),
            body: None,
            timeout: deadline.saturating_duration_since(Instant::now()),
            response_bytes_max: METADATA_BYTES_MAX,
            overflow: BodyOverflow::Fail,
            identity: None,
        };
        let response = match self.client.send(request).await {
            Ok(response) => response,
            Err(error) => return Err(DiscoveryError::Unanswered { location: location.to_string(), error }),
        };
        match response.status {
            200 => Ok(Document::parse(&response.body.bytes)),
            status @ (408 | 429 | 500..) => Err(DiscoveryError::Failing { location: location.to_string(), status }),
            status => Ok(Err(Finding::Status(status))),
        }
    }

    /// The issuer first: what else a document of another issuer says is nobody's business here.
    fn judge(&self, issuer: &Issuer, location: &HttpUrl, document: Document) -> Result<Metadata, DiscoveryError> {
        let malformed = |finding| DiscoveryError::Malformed { location: location.to_string(), finding };
        let found = document.issuer().map_err(malformed)?;
        if found != issuer.as_str() {
            return Err(DiscoveryError::IssuerMismatch {
                location: location.to_string(),
                asked: issuer.to_string(),
                found: tame(found, ERROR_DESCRIPTION_LENGTH_MAX),
                same_place: issuer.differs_in_spelling_only(found),
            });
        }
        let token_endpoint = document.token_endpoint().map_err(malformed)?;
        self.check(TOKEN_ENDPOINT, &token_endpoint)?;
        let mtls_token_endpoint = document.mtls_token_endpoint().map_err(malformed)?;
        if let Some(alias) = &mtls_token_endpoint {
            self.check(MTLS_TOKEN_ENDPOINT, alias)?;
        }
        let pins = Pins { issuer: issuer.clone(), token_endpoint, mtls_token_endpoint };
        Ok(Metadata::new(pins, document.capabilities().map_err(malformed)?))
    }

    fn check(&self, field: &'static str, url: &HttpUrl) -> Result<(), DiscoveryError> {
        let policy = self.client.policy();
        policy.check_url(url).map_err(|denied| DiscoveryError::EgressDenied { field, denied })?;
        if policy.may_carry_credentials(url) {
            return Ok(());
        }
        Err(DiscoveryError::Insecure { field, authority: url.authority() })
    }
}

impl Metadata {
    fn new(pins: Pins, capabilities: Capabilities) -> Self {
        let Capabilities { grant_types, auth_methods, signing_algorithms, dpop_algorithms } = capabilities;
        let wanted = CoreGrantType::ClientCredentials;
        let is_refused = grant_types.as_ref().is_some_and(|listed| !listed.iter().any(|name| name == wanted.as_ref()));
        let warnings = is_refused.then_some(MetadataWarning::ClientCredentialsNotListed).into_iter().collect();
        Self { pins, grant_types, auth_methods, signing_algorithms, dpop_algorithms, warnings }
    }
}

impl Pins {
    /// What a connection has pinned; `None` when its Access Token URL was typed in.
    pub fn of(definition: &ConnectionDefinition) -> Option<Self> {
        let pinned = definition.discovery.as_ref()?;
        Some(Self {
            issuer: Issuer::parse(&pinned.issuer).ok()?,
            token_endpoint: definition.access_token_url.clone(),
            mtls_token_endpoint: pinned.mtls_token_endpoint.clone(),
        })
    }

    /// SHA-256, in hexadecimal, of the pinned members as JSON: in the order of their names, without white space, and
    /// without those that are absent. For example of `{"issuer":"https://a","token_endpoint":"https://a/token"}`.
    pub fn digest(&self) -> String {
        #[derive(Serialize)]
        struct Canonical<'a> {
            issuer: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            mtls_endpoint_aliases: Option<Aliases<'a>>,
            token_endpoint: &'a HttpUrl,
        }
        #[derive(Serialize)]
        struct Aliases<'a> {
            token_endpoint: &'a HttpUrl,
        }
        let canonical = Canonical {
            issuer: self.issuer.as_str(),
            mtls_endpoint_aliases: self.mtls_token_endpoint.as_ref().map(|url| Aliases { token_endpoint: url }),
            token_endpoint: &self.token_endpoint,
        };
        // Texts under fixed names: there is nothing in it that JSON can't say.
        hex::encode(sha256(&[&serde_json::to_vec(&canonical).unwrap_or_default()]))
    }

    /// What is no longer as it was pinned; empty exactly if both have the same digest.
    pub fn changes(&self, found: &Self) -> Vec<MetadataChange> {
        let text = |url: &Option<HttpUrl>| url.as_ref().map(ToString::to_string);
        let members = [
            (PinnedMember::Issuer, Some(self.issuer.to_string()), Some(found.issuer.to_string())),
            (
                PinnedMember::TokenEndpoint,
                Some(self.token_endpoint.to_string()),
                Some(found.token_endpoint.to_string()),
            ),
            (PinnedMember::MtlsTokenEndpoint, text(&self.mtls_token_endpoint), text(&found.mtls_token_endpoint)),
        ];
        let changed = members.into_iter().filter(|(_, pinned, found)| pinned != found);
        changed.map(|(field, pinned, found)| MetadataChange { field, pinned, found }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(issuer: &str, token_endpoint: &str, alias: Option<&str>) -> Pins {
        Pins {
            issuer: Issuer::parse(issuer).unwrap(),
            token_endpoint: HttpUrl::parse(token_endpoint).unwrap(),
            mtls_token_endpoint: alias.map(|url| HttpUrl::parse(url).unwrap()),
        }
    }

    #[test]
    fn the_digest_is_that_of_the_canonical_document() {
        let digest_of = |json: &str| hex::encode(sha256(&[json.as_bytes()]));
        let plain = pins("https://a.example", "https://a.example/token", None);
        let canonical = r#"{"issuer":"https://a.example","token_endpoint":"https://a.example/token"}"#;
        assert_eq!(plain.digest(), digest_of(canonical));
        let with_alias = pins("https://a.example", "https://a.example/token", Some("https://mtls.a.example/token"));
        let canonical = concat!(
            r#"{"issuer":"https://a.example","mtls_endpoint_aliases":{"token_endpoint":"https://mtls.a.example/token"},"#,
            r#""token_endpoint":"https://a.example/token"}"#
        );
        assert_eq!(with_alias.digest(), digest_of(canonical));
    }

    #[test]
    fn each_pinned_member_changes_the_digest_and_is_named() {
        let pinned = pins("https://a.example", "https://a.example/token", None);
        assert_eq!(pinned.changes(&pinned.clone()), []);
        let others = [
            (pins("https://a.example/", "https://a.example/token", None), PinnedMember::Issuer),
            (pins("https://a.example", "https://b.example/token", None), PinnedMember::TokenEndpoint),
            (
                pins("https://a.example", "https://a.example/token", Some("https://m.example/")),
                PinnedMember::MtlsTokenEndpoint,
            ),
        ];
        for (found, field) in others {
            assert_ne!(found.digest(), pinned.digest(), "{field:?}");
            let changes = pinned.changes(&found);
            assert_eq!(changes.iter().map(|change| change.field).collect::<Vec<_>>(), [field]);
        }
    }

    #[test]
    fn a_change_says_what_was_and_what_is() {
        let pinned = pins("https://a.example", "https://a.example/token", Some("https://m.example/t"));
        let found = pins("https://a.example", "https://b.example/token", None);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            pinned.changes(&found),
            [
                MetadataChange {
                    field: PinnedMember::TokenEndpoint,
                    pinned: text("https://a.example/token"),
                    found: text("https://b.example/token"),
                },
                MetadataChange {
                    field: PinnedMember::MtlsTokenEndpoint,
                    pinned: text("https://m.example/t"),
                    found: None,
                },
            ]
        );
    }
}
