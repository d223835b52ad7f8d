//! Why an authorised call did not come about, in words that lead to the field to mend.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::timestamp;

/// Longest `error_description` that is kept, in characters.
pub const ERROR_DESCRIPTION_LENGTH_MAX: usize = 500;
/// Longest `error` code that is kept, in characters.
pub const ERROR_CODE_LENGTH_MAX: usize = 100;
/// Longest excerpt of an answer that is kept, in characters.
pub const EXCERPT_LENGTH_MAX: usize = 300;

/// Where on the way to an authorised call it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthPhase {
    /// Reading the stored secret.
    Secret,
    /// Signing the client assertion.
    Assertion,
    /// Looking up or judging the address.
    Dns,
    /// Opening the connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Sending, or waiting for the answer.
    Request,
    /// Reading the answer.
    Response,
    /// Judging the token in the answer.
    Token,
    /// The protected API refused the token.
    Resource,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthFailureReason {
    /// RFC 6749 §5.2 `invalid_client`.
    InvalidClient,
    /// RFC 6749 §5.2 `invalid_scope`.
    InvalidScope,
    /// RFC 6749 §5.2 `invalid_grant`.
    InvalidGrant,
    /// RFC 6749 §5.2 `invalid_request`, and any other 4xx.
    InvalidRequest,
    /// RFC 6749 §5.2 `unauthorized_client`.
    UnauthorizedClient,
    /// RFC 6749 §5.2 `unsupported_grant_type`.
    UnsupportedGrantType,
    /// A success that holds no usable token.
    MalformedResponse,
    /// 5xx.
    ServerError,
    /// 429.
    RateLimited,
    /// No answer in time.
    Timeout,
    /// The host has no address.
    Dns,
    /// Nobody listens there, or the connection broke.
    Connect,
    /// The server's certificate or handshake is not acceptable.
    Tls,
    /// The stored secret can't be read.
    SecretUnavailable,
    /// The stored key can't sign with this algorithm.
    KeyInvalid,
    /// The address guard refuses the destination.
    EgressDenied,
    /// The API refused the token, and a fresh one as well.
    TokenRejected,
    /// The connection is disabled.
    ConnectionDisabled,
    /// The caller went away, or stopped sending or reading, before a forwarded request had its whole answer.
    CallerGone,
    /// A token request failed a short while ago, and the next one is held back: nothing was asked.
    CircuitOpen,
}

impl AuthFailureReason {
    /// The persisted and public name.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidClient => "INVALID_CLIENT",
            Self::InvalidScope => "INVALID_SCOPE",
            Self::InvalidGrant => "INVALID_GRANT",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::UnauthorizedClient => "UNAUTHORIZED_CLIENT",
            Self::UnsupportedGrantType => "UNSUPPORTED_GRANT_TYPE",
            Self::MalformedResponse => "MALFORMED_RESPONSE",
            Self::ServerError => "SERVER_ERROR",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::Dns => "DNS",
            Self::Connect => "CONNECT",
            Self::Tls => "TLS",
            Self::SecretUnavailable => "SECRET_UNAVAILABLE",
            Self::KeyInvalid => "KEY_INVALID",
            Self::EgressDenied => "EGRESS_DENIED",
            Self::TokenRejected => "TOKEN_REJECTED",
            Self::ConnectionDisabled => "CONNECTION_DISABLED",
            Self::CallerGone => "CALLER_GONE",
            Self::CircuitOpen => "CIRCUIT_OPEN",
        }
    }

    /// Reads the persisted name.
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }

    /// Whether the same request may succeed later with nothing changed.
    pub fn retryable(self) -> bool {
        match self {
            Self::ServerError | Self::RateLimited | Self::Timeout | Self::Dns | Self::Connect | Self::CircuitOpen => {
                true
            }
            Self::InvalidClient
            | Self::InvalidScope
            | Self::InvalidGrant
            | Self::InvalidRequest
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::MalformedResponse
            | Self::Tls
            | Self::SecretUnavailable
            | Self::KeyInvalid
            | Self::EgressDenied
            | Self::TokenRejected
            | Self::ConnectionDisabled
            | Self::CallerGone => false,
        }
    }

    /// Classifies an answer of the token endpoint by its RFC 6749 §5.2 `error`, else by its status.
    pub fn of_answer(error: Option<&str>, status: u16) -> Self {
        match error {
            Some("invalid_client") => Self::InvalidClient,
            Some("invalid_scope") => Self::InvalidScope,
            Some("invalid_grant") => Self::InvalidGrant,
            Some("invalid_request") => Self::InvalidRequest,
            Some("unauthorized_client") => Self::UnauthorizedClient,
            Some("unsupported_grant_type") => Self::UnsupportedGrantType,
            Some("temporarily_unavailable" | "server_error") => Self::ServerError,
            Some("slow_down") => Self::RateLimited,
            Some(_) | None => match status {
                429 => Self::RateLimited,
                401 => Self::InvalidClient,
                408 => Self::Timeout,
                400..=499 => Self::InvalidRequest,
                500..=599 => Self::ServerError,
                _ => Self::MalformedResponse,
            },
        }
    }

    /// What to do about it, and which field of the connection to look at.
    pub fn remedy(self) -> Remedy {
        let (summary, field) = match self {
            Self::InvalidClient => (
                "Check Client ID and Secret Configuration: the issuer does not accept this client with this secret.",
                Some("authentication"),
            ),
            Self::UnauthorizedClient | Self::UnsupportedGrantType => (
                "Allow the client credentials grant for this client at the issuer, or use another Client ID.",
                Some("clientId"),
            ),
            Self::InvalidScope => {
                ("Check the parameter `scope`: the issuer does not grant it to this client.", Some("parameters"))
            }
            Self::InvalidGrant | Self::InvalidRequest => (
                "Check the additional parameters: the issuer does not understand the token request.",
                Some("parameters"),
            ),
            Self::MalformedResponse => (
                "Check Access Token URL: what answers there does not answer as an OAuth 2.0 token endpoint.",
                Some("accessTokenUrl"),
            ),
            Self::ServerError | Self::RateLimited => {
                ("Nothing to change here: the issuer is failing or limits its callers. Try again later.", None)
            }
            Self::Timeout => {
                ("Check Access Token URL, or raise the request time-out.", Some("tokenPolicy.requestTimeout"))
            }
            Self::Dns | Self::Connect => {
                ("Check Access Token URL: its host can't be reached from Latchkey.", Some("accessTokenUrl"))
            }
            Self::Tls => {
                ("Check Access Token URL: the server's certificate is not acceptable.", Some("accessTokenUrl"))
            }
            Self::SecretUnavailable => {
                ("Store the secret again: its value can't be read.", Some("authentication.secret"))
            }
            Self::KeyInvalid => (
                "Store a private key that fits the signing algorithm.",
                Some("authentication.privateKeyJwt.signingAlgorithm"),
            ),
            Self::EgressDenied => {
                ("Use a public address, or let an operator open this one with `egress.allow`.", Some("accessTokenUrl"))
            }
            Self::TokenRejected => {
                ("Check audience and scope: the API does not accept the tokens of this connection.", Some("parameters"))
            }
            Self::ConnectionDisabled => ("Enable the connection.", Some("enabled")),
            Self::CallerGone => ("Nothing to change here: whoever asked did not wait for the whole answer.", None),
            Self::CircuitOpen => (
                "Mend the failure that the message names, or wait for the next attempt. Retry now to ask at once.",
                None,
            ),
        };
        Remedy { summary: summary.to_owned(), field: field.map(str::to_owned) }
    }
}

/// What to do about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// One sentence for a person.
    pub summary: String,
    /// The field of the connection's input to look at first.
    pub field: Option<String>,
}

/// The issuer's own words (RFC 6749 §5.2), capped in length and freed from control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthError {
    /// `error`
    pub error: String,
    /// `error_description`
    pub error_description: Option<String>,
    /// `error_uri`
    pub error_uri: Option<String>,
}

/// Why there is no token, or why the API took none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct AuthFailure {
    /// Where on the way.
    pub phase: AuthPhase,
    /// What went wrong.
    pub reason: AuthFailureReason,
    /// One sentence for a person. Never holds a secret, a token or a body.
    pub message: String,
    /// The issuer's own words.
    pub oauth_error: Option<Box<OAuthError>>,
    /// Status of the issuer's or the API's answer.
    pub http_status: Option<u16>,
    /// How many requests were made before giving up.
    pub attempts: u32,
    /// The first words of the token endpoint's answer, with everything blotted out that could be a secret or a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// When the secret that the issuer refused had expired, by what was said of it.
    #[serde(default, with = "timestamp", skip_serializing_if = "Option::is_none")]
    pub secret_expired_at: Option<DateTime<Utc>>,
}

impl AuthFailure {
    /// A failure with neither an answer nor an attempt.
    pub fn new(phase: AuthPhase, reason: AuthFailureReason, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            phase,
            reason,
            message,
            oauth_error: None,
            http_status: None,
            attempts: 0,
            excerpt: None,
            secret_expired_at: None,
        }
    }

    /// What to do about it, and which field of the connection to look at.
    pub fn remedy(&self) -> Remedy {
        let Some(at) = self.secret_expired_at else { return self.reason.remedy() };
        let summary = format!(
            "Get a new secret from the issuer and rotate it: the stored one expired on {}.",
            at.format("%Y-%m-%d")
        );
        Remedy { summary, field: Some("authentication".to_owned()) }
    }
}

/// Shortens a text from outside to `max` characters and replaces control characters, so that it can't
/// break a terminal, a log line or a page.
pub fn tame(text: &str, max: usize) -> String {
    text.chars().take(max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_code_of_the_issuer_outranks_the_status() {
        assert_eq!(AuthFailureReason::of_answer(Some("invalid_scope"), 401), AuthFailureReason::InvalidScope);
        assert_eq!(AuthFailureReason::of_answer(Some("something_else"), 401), AuthFailureReason::InvalidClient);
        assert_eq!(AuthFailureReason::of_answer(None, 429), AuthFailureReason::RateLimited);
        assert_eq!(AuthFailureReason::of_answer(None, 503), AuthFailureReason::ServerError);
        assert_eq!(AuthFailureReason::of_answer(None, 404), AuthFailureReason::InvalidRequest);
        assert_eq!(AuthFailureReason::of_answer(None, 302), AuthFailureReason::MalformedResponse);
    }

    #[test]
    fn the_persisted_name_is_the_serialised_one() {
        for reason in [AuthFailureReason::InvalidClient, AuthFailureReason::Tls, AuthFailureReason::CircuitOpen] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert_eq!(AuthFailureReason::parse(reason.name()), Some(reason));
        }
        assert_eq!(AuthFailureReason::parse("NEWER"), None);
    }
}
