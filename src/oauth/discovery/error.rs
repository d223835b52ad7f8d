//! Why an issuer's metadata can't be used.
//!
//! No text here repeats what came but the issuer that a document names, capped and tamed: what answers at an address that
//! somebody typed may be anything, a page with somebody's data among it.

use super::document::Finding;
use crate::domain::FieldError;
use crate::domain::failure::{AuthFailureReason, AuthPhase};
use crate::net::{EgressDenied, SendError};
use crate::oauth::token_endpoint;

/// Why an issuer's metadata can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The address guard denies the issuer, or an endpoint that its metadata names. That endpoint was not contacted.
    #[error("the {field} can't be used: {denied}")]
    EgressDenied {
        /// `issuer`, or the member of the metadata.
        field: &'static str,
        /// The guard's words.
        #[source]
        denied: EgressDenied,
    },
    /// A URL starts with `http://`, and nobody opened its host.
    #[error(
        "the {field} at {authority} must start with https://, because the client's secret travels there; an operator may \
         open this host for http with `egress.allow`"
    )]
    Insecure {
        /// `issuer`, or the member of the metadata.
        field: &'static str,
        /// Host and port.
        authority: String,
    },
    /// No answer came.
    #[error("{location} could not be read: {error}")]
    Unanswered {
        /// Where the metadata was looked for.
        location: String,
        /// Why not.
        #[source]
        error: SendError,
    },
    /// The server fails or limits its callers for now: 408, 429 or 5xx.
    #[error("{location} answered {status}")]
    Failing {
        /// Where the metadata was looked for.
        location: String,
        /// Status of the answer.
        status: u16,
    },
    /// No place that the standards name has metadata.
    #[error("{issuer} publishes no metadata: {}", listed(.tried))]
    NotFound {
        /// The issuer as it was written.
        issuer: String,
        /// Where it was looked for, and what was there.
        tried: Vec<(String, Finding)>,
    },
    /// There is a document, and it is no metadata that a client can use.
    #[error("{location} {finding}")]
    Malformed {
        /// Where the document stands.
        location: String,
        /// What is wrong.
        finding: Finding,
    },
    /// The document speaks for another issuer (RFC 8414 §3.3).
    #[error(
        "the metadata at {location} is of the issuer \"{found}\", not of \"{asked}\"{}",
        if *.same_place { "; if it is meant, the issuer must be written as the document does" } else { "" }
    )]
    IssuerMismatch {
        /// Where the document stands.
        location: String,
        /// The issuer as it was written.
        asked: String,
        /// The issuer that the document names, capped and tamed.
        found: String,
        /// Whether both lead to the same place and only their spelling differs.
        same_place: bool,
    },
}

impl DiscoveryError {
    /// Says where and why, in the words in which failures of token requests are counted.
    pub fn classify(&self) -> (AuthPhase, AuthFailureReason) {
        match self {
            Self::EgressDenied { .. } => (AuthPhase::Dns, AuthFailureReason::EgressDenied),
            Self::Insecure { .. } => (AuthPhase::Request, AuthFailureReason::EgressDenied),
            Self::Unanswered { error, .. } => token_endpoint::classify(error),
            Self::Failing { status, .. } => (AuthPhase::Response, AuthFailureReason::of_answer(None, *status)),
            Self::NotFound { .. } | Self::Malformed { .. } | Self::IssuerMismatch { .. } => {
                (AuthPhase::Response, AuthFailureReason::MalformedResponse)
            }
        }
    }

    /// What the address guard said, when it was the one who refused.
    pub fn denial(&self) -> Option<&EgressDenied> {
        match self {
            Self::EgressDenied { denied, .. }
            | Self::Unanswered { error: SendError::EgressDenied(denied) | SendError::PeerDenied(denied), .. } => {
                Some(denied)
            }
            Self::Insecure { .. }
            | Self::Unanswered { .. }
            | Self::Failing { .. }
            | Self::NotFound { .. }
            | Self::Malformed { .. }
            | Self::IssuerMismatch { .. } => None,
        }
    }

    /// Says it to the person who typed the issuer.
    pub fn field_error(&self) -> FieldError {
        let code = match self {
            Self::EgressDenied { .. }
            | Self::Unanswered { error: SendError::EgressDenied(_) | SendError::PeerDenied(_), .. } => "EGRESS_DENIED",
            Self::Insecure { .. } => "INSECURE_URL",
            Self::Unanswered { .. } | Self::Failing { .. } => "ISSUER_UNREACHABLE",
            Self::NotFound { .. } => "METADATA_NOT_FOUND",
            Self::Malformed { .. } => "METADATA_INVALID",
            Self::IssuerMismatch { .. } => "ISSUER_MISMATCH",
        };
        FieldError::at("issuer", code, self.to_string())
    }
}

fn listed(tried: &[(String, Finding)]) -> String {
    tried.iter().map(|(location, finding)| format!("{location} {finding}")).collect::<Vec<_>>().join("; ")
}
