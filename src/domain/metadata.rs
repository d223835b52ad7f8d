//! An issuer says something else than what a connection has pinned: a question to a person, never an instruction.
//!
//! What is pinned stays in use whatever is observed here. So these facts stand in the stream of the connection's tokens,
//! not in the connection's own: its version is that of what people decided.

use serde::{Deserialize, Serialize};

use super::definition::ConnectionDefinition;

/// What was observed about an issuer's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataEvent {
    /// `connection.metadata_changed.v1`
    Changed(MetadataChanged),
    /// `connection.metadata_settled.v1`
    Settled(MetadataSettled),
}

/// Payload of `connection.metadata_changed.v1`: written once for each different answer, not at each look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataChanged {
    /// Version of the connection that was compared.
    pub connection_version: u32,
    /// Who says it.
    pub issuer: String,
    /// What is no longer as it was pinned; at least one.
    pub changes: Vec<MetadataChange>,
}

/// Payload of `connection.metadata_settled.v1`: the issuer says again what is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataSettled {
    /// Version of the connection that was compared.
    pub connection_version: u32,
    /// Who says it.
    pub issuer: String,
}

/// A pinned value that is no longer what the issuer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataChange {
    /// Which one.
    pub field: PinnedMember,
    /// What a person agreed to.
    pub pinned: Option<String>,
    /// What the issuer says now.
    pub found: Option<String>,
}

/// A member of the metadata that decides where a secret goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PinnedMember {
    /// `issuer` (RFC 8414 §2)
    #[serde(rename = "issuer")]
    Issuer,
    /// `token_endpoint` (RFC 8414 §2)
    #[serde(rename = "token_endpoint")]
    TokenEndpoint,
    /// `token_endpoint` of `mtls_endpoint_aliases` (RFC 8705 §5)
    #[serde(rename = "mtls_endpoint_aliases.token_endpoint")]
    MtlsTokenEndpoint,
}

impl PinnedMember {
    /// The persisted and public name: where it stands in the metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::TokenEndpoint => "token_endpoint",
            Self::MtlsTokenEndpoint => "mtls_endpoint_aliases.token_endpoint",
        }
    }

    /// What a connection has pinned.
    fn pinned_by(self, definition: &ConnectionDefinition) -> Option<String> {
        let pinned = definition.discovery.as_ref();
        match self {
            Self::Issuer => pinned.map(|pinned| pinned.issuer.clone()),
            Self::TokenEndpoint => Some(definition.access_token_url.to_string()),
            Self::MtlsTokenEndpoint => pinned?.mtls_token_endpoint.as_ref().map(ToString::to_string),
        }
    }
}

impl MetadataChanged {
    /// Whether the question is still open for a connection that was edited since: it has the same issuer, and still has
    /// everything pinned that the issuer no longer says.
    pub fn concerns(&self, definition: &ConnectionDefinition) -> bool {
        let same_issuer = definition.discovery.as_ref().is_some_and(|pinned| pinned.issuer == self.issuer);
        same_issuer && self.changes.iter().all(|change| change.field.pinned_by(definition) == change.pinned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::HttpUrl;
    use super::super::definition::{ClientAuthentication, PinnedMetadata};
    use super::*;

    fn url(text: &str) -> HttpUrl {
        HttpUrl::parse(text).unwrap()
    }

    fn definition() -> ConnectionDefinition {
        let pinned = PinnedMetadata {
            issuer: "https://a.example".to_owned(),
            mtls_token_endpoint: Some(url("https://m.example/token")),
        };
        let plain = ConnectionDefinition::new("A", "a", url("https://a.example/token"), ClientAuthentication::None);
        ConnectionDefinition { discovery: Some(pinned), ..plain }
    }

    fn changed(field: PinnedMember, pinned: &str) -> MetadataChanged {
        let change = MetadataChange { field, pinned: Some(pinned.to_owned()), found: None };
        MetadataChanged { connection_version: 1, issuer: "https://a.example".to_owned(), changes: vec![change] }
    }

    #[test]
    fn the_question_stays_open_while_nothing_that_it_is_about_is_edited() {
        let renamed = ConnectionDefinition { display_name: "B".to_owned(), ..definition() };
        assert!(changed(PinnedMember::TokenEndpoint, "https://a.example/token").concerns(&renamed));
        assert!(changed(PinnedMember::MtlsTokenEndpoint, "https://m.example/token").concerns(&renamed));
        assert!(changed(PinnedMember::Issuer, "https://a.example").concerns(&renamed));
    }

    #[test]
    fn a_new_endpoint_another_issuer_and_none_close_it() {
        let question = changed(PinnedMember::TokenEndpoint, "https://a.example/token");
        let moved = ConnectionDefinition { access_token_url: url("https://b.example/token"), ..definition() };
        assert!(!question.concerns(&moved));
        assert!(!question.concerns(&ConnectionDefinition { discovery: None, ..definition() }));
        let pinned = PinnedMetadata { issuer: "https://a.example/".to_owned(), mtls_token_endpoint: None };
        let elsewhere = ConnectionDefinition { discovery: Some(pinned), ..definition() };
        assert!(!question.concerns(&elsewhere));
        assert!(!changed(PinnedMember::MtlsTokenEndpoint, "https://m.example/token").concerns(&elsewhere));
    }

    #[test]
    fn the_persisted_name_is_the_serialised_one() {
        for field in [PinnedMember::Issuer, PinnedMember::TokenEndpoint, PinnedMember::MtlsTokenEndpoint] {
            assert_eq!(serde_json::to_value(field).unwrap(), field.name());
        }
    }
}
