//! Why a request got no answer, in the words that a caller can act on.
//!
//! No text here contains the URL, its query, a header or a body: these errors are stored and shown.

use rustls::AlertDescription;

use super::cause;
use super::guard::EgressDenied;
use super::resolver::DnsFailure;

/// What was being waited for when the time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeoutPhase {
    /// The connection, with its TLS handshake: nothing was sent.
    Connect,
    /// Anything, up to the last byte of the body, within the request's total time.
    Total,
    /// The response's headers, after the request was sent.
    Head,
    /// The next bytes of a streamed body, of the request or the response.
    Idle,
}

/// Why a streamed request body did not reach its end. The fault is with whoever gave the body, not with the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestBodyProblem {
    /// Its source failed.
    #[error("the request body broke off")]
    Broken,
    /// It was longer or shorter than announced.
    #[error("the request body did not have the announced length")]
    WrongLength,
}

/// Why a request got no complete answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The address guard refused the host or a DNS answer; nothing was sent.
    #[error(transparent)]
    EgressDenied(EgressDenied),
    /// The address guard refused the peer that answered. The earlier checks should make this impossible, so it means
    /// that something between us and the network is not what it seems. The answer was thrown away.
    #[error("the answer came from elsewhere: {0}")]
    PeerDenied(EgressDenied),
    /// The host name did not resolve.
    #[error(transparent)]
    Dns(DnsFailure),
    /// No connection could be made.
    #[error("could not connect: {0}")]
    Connect(String),
    /// The TLS handshake failed, for example because of the peer's certificate.
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    /// The time was up.
    #[error("timed out ({})", match .phase {
        TimeoutPhase::Connect => "while connecting",
        TimeoutPhase::Total => "before the answer was complete",
        TimeoutPhase::Head => "before the answer began",
        TimeoutPhase::Idle => "because nothing more came or went",
    })]
    Timeout {
        /// What was being waited for.
        phase: TimeoutPhase,
    },
    /// The answer has more headers, or more bytes of headers, than are accepted.
    #[error("the response headers are too large")]
    HeadersTooLarge,
    /// The answer's body is longer than the request's cap, and the caller chose to refuse that.
    #[error("the response body is longer than {bytes_max} bytes")]
    BodyTooLarge {
        /// The cap, in decoded bytes.
        bytes_max: usize,
    },
    /// The body is not in the content encoding that its headers say.
    #[error("the response body could not be decoded: {0}")]
    BodyUndecodable(String),
    /// The connection broke, or the peer did not speak HTTP, after the request was on its way.
    #[error("the exchange was interrupted: {0}")]
    Interrupted(String),
    /// The request's own body did not reach its end, so the peer saw it cut off.
    #[error(transparent)]
    RequestBody(RequestBodyProblem),
    /// The request could not be written as HTTP.
    #[error("the request could not be built: {0}")]
    Unsendable(String),
}

impl SendError {
    /// Whether the peer may have seen and acted on the request; `false` means that it can be sent again safely.
    pub fn may_have_been_received(&self) -> bool {
        match self {
            Self::EgressDenied(_)
            | Self::Dns(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Timeout { phase: TimeoutPhase::Connect }
            | Self::Unsendable(_) => false,
            Self::PeerDenied(_)
            | Self::Timeout { phase: TimeoutPhase::Total | TimeoutPhase::Head | TimeoutPhase::Idle }
            | Self::RequestBody(_)
            | Self::HeadersTooLarge
            | Self::BodyTooLarge { .. }
            | Self::BodyUndecodable(_)
            | Self::Interrupted(_) => true,
        }
    }

    /// Classifies a failure before the response's headers were complete.
    pub(super) fn while_sending(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if let Some(denied) = EgressDenied::find_in(&error) {
            return Self::EgressDenied(denied);
        }
        if let Some(failure) = DnsFailure::find_in(&error) {
            return Self::Dns(failure);
        }
        if error.is_builder() {
            return Self::Unsendable(cause::root_text(&error));
        }
        if error.is_connect() {
            return Self::while_connecting(&error);
        }
        if is_handshake_refused(&error) {
            return Self::Tls(cause::root_text(&error));
        }
        if cause::find::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse_too_large) {
            return Self::HeadersTooLarge;
        }
        Self::Interrupted(cause::root_text(&error))
    }

    fn while_connecting(error: &reqwest::Error) -> Self {
        if cause::find::<rustls::Error>(error).is_some() {
            return Self::Tls(cause::root_text(error));
        }
        if error.is_timeout() {
            return Self::Timeout { phase: TimeoutPhase::Connect };
        }
        Self::Connect(cause::root_text(error))
    }

    /// Classifies a failure within the body.
    pub(super) fn while_reading(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let text = cause::root_text(&error);
        // The decoder reports both its own complaints and those of the connection below; only the latter are hyper's.
        if error.is_decode() && cause::find::<hyper::Error>(&error).is_none() {
            return Self::BodyUndecodable(text);
        }
        Self::Interrupted(text)
    }
}

/// Whether the peer ended the handshake with an alert.
///
/// In TLS 1.3 the client is done, and has begun to send, before the server has judged its certificate (RFC 8446 section
/// 4.4.2.4). A refusal so arrives where an answer was awaited; the request was not looked at. Only alerts that can't come
/// later than the handshake count (section 6.2); others may well come after the request was acted upon.
fn is_handshake_refused(error: &reqwest::Error) -> bool {
    let Some(rustls::Error::AlertReceived(alert)) = cause::find::<rustls::Error>(error) else { return false };
    matches!(
        alert,
        AlertDescription::HandshakeFailure
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::CertificateRequired
    )
}
