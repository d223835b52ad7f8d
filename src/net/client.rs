//! The HTTP client: sends one request and reads its whole answer.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout};
use tokio_util::bytes::Bytes;

use super::body::{self, BodyOverflow, CappedBody};
use super::cause;
use super::error::{SendError, TimeoutPhase};
use super::guard::EgressPolicy;
use super::identity::ClientIdentity;
use super::pools::{Pair, Pools};
use super::resolver::{LOOKUP, Lookup};
use super::trust::TrustedCertificates;
use crate::domain::HttpUrl;

/// Most header lines of a response.
pub const RESPONSE_HEADERS_MAX: usize = 256;

/// Most bytes in the names and values of a response's headers.
pub const RESPONSE_HEADER_BYTES_MAX: usize = 64 * 1024;

/// HTTP/2 counts 32 bytes more per header (RFC 9113 section 6.5.2), and a response over this is reset by the codec with
/// no word why. Twice the limit lets our own typed check speak first.
pub(super) const HTTP2_HEADER_LIST_BYTES_MAX: u32 = 2 * 64 * 1024;

pub(super) const USER_AGENT: &str = concat!("latchkey/", env!("CARGO_PKG_VERSION"));

/// Limits on what comes before a request is sent. The total time is each request's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientTimeouts {
    /// For one DNS look-up.
    pub dns: Duration,
    /// For a connection: DNS, TCP and TLS together.
    pub connect: Duration,
}

impl Default for ClientTimeouts {
    fn default() -> Self {
        Self { dns: Duration::from_secs(5), connect: Duration::from_secs(10) }
    }
}

/// Says that the client can't be made on this machine, for example because its certificate store can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ClientBuildError {
    /// TLS can't be set up: most often there are no trusted certificates on this machine.
    #[error("could not set up TLS for the HTTP client")]
    Tls(#[source] rustls::Error),
    /// The client itself.
    #[error("could not make the HTTP client")]
    Client(#[source] reqwest::Error),
}

/// One request. `Debug` shows neither URL path and query, nor headers, nor body: each may carry a secret.
pub struct OutboundRequest {
    /// The method.
    pub method: Method,
    /// Where to; judged by the guard.
    pub url: HttpUrl,
    /// Sent as they are. Values that are secret should be marked with `set_sensitive(true)`.
    pub headers: HeaderMap,
    /// The body; `None` sends none.
    pub body: Option<Bytes>,
    /// From the first look-up to the last byte of the response.
    pub timeout: Duration,
    /// Cap on the decoded response body.
    pub response_bytes_max: usize,
    /// What to do when the body is longer.
    pub overflow: BodyOverflow,
    /// Shown to a server that asks for a client certificate; connections are shared with requests of the same identity
    /// alone.
    pub identity: Option<ClientIdentity>,
}

impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest")
            .field("method", &self.method)
            .field("authority", &self.url.authority())
            .finish_non_exhaustive()
    }
}

/// How long the parts of an exchange took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// The DNS look-up; `None` when a pooled connection or an address literal needed none.
    pub dns: Option<Duration>,
    /// From the start to the response's headers.
    pub first_byte: Duration,
    /// From the start to the last byte that was read.
    pub total: Duration,
}

/// A complete response. `Debug` shows no headers and no body.
pub struct OutboundResponse {
    /// The status code.
    pub status: u16,
    /// At most [`RESPONSE_HEADERS_MAX`] headers of [`RESPONSE_HEADER_BYTES_MAX`] bytes. When the body was decoded,
    /// `content-encoding` and `content-length` are gone: they no longer describe it.
    pub headers: HeaderMap,
    /// The decoded body, up to the cap.
    pub body: CappedBody,
    /// How long it took.
    pub timings: Timings,
}

impl fmt::Debug for OutboundResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundResponse")
            .field("status", &self.status)
            .field("body", &self.body)
            .field("timings", &self.timings)
            .finish_non_exhaustive()
    }
}

/// The guarded client. Clones share connections and policy.
#[derive(Debug, Clone)]
pub struct HttpClient {
    pub(super) pools: Arc<Pools>,
    pub(super) policy: EgressPolicy,
}

impl HttpClient {
    /// Makes the client. It speaks HTTP/1.1 and, where TLS negotiates it, HTTP/2, and trusts what the platform trusts.
    ///
    /// Requests that a peer refused *before* processing them (an HTTP/2 `REFUSED_STREAM`, a pooled connection that was
    /// already closed) are sent again underneath; nothing else is ever repeated.
    ///
    /// # Errors
    /// When TLS or the certificate store can't be set up.
    pub fn new(policy: EgressPolicy, timeouts: ClientTimeouts) -> Result<Self, ClientBuildError> {
        Self::trusting(&TrustedCertificates::default(), policy, timeouts)
    }

    /// Makes a client that trusts more than the platform does.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    pub fn trusting(
        trusted: &TrustedCertificates,
        policy: EgressPolicy,
        timeouts: ClientTimeouts,
    ) -> Result<Self, ClientBuildError> {
        Ok(Self { pools: Arc::new(Pools::new(&policy, timeouts, trusted)?), policy })
    }

    /// The policy that judges the requests of this client.
    pub fn policy(&self) -> &EgressPolicy {
        &self.policy
    }

    /// The clients for an identity. That it can't be used shows before anything is sent.
    pub(super) fn clients(&self, identity: Option<&ClientIdentity>) -> Result<Pair, SendError> {
        self.pools.of(identity).map_err(|error| SendError::Unsendable(cause::root_text(&*error)))
    }

    /// Sends one request and reads its whole response. Any status is a response, redirects among them.
    ///
    /// # Errors
    /// Why there is no complete response; see [`SendError::may_have_been_received`].
    pub async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, SendError> {
        self.policy.check_url(&request.url).map_err(SendError::EgressDenied)?;
        let limit = request.timeout;
        let lookup = Lookup { port: request.url.port(), took: Arc::default() };
        let dns = Arc::clone(&lookup.took);
        match timeout(limit, LOOKUP.scope(lookup, self.exchange(request, dns))).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::Timeout { phase: TimeoutPhase::Total }),
        }
    }

    async fn exchange(
        &self,
        request: OutboundRequest,
        dns: Arc<OnceLock<Duration>>,
    ) -> Result<OutboundResponse, SendError> {
        let start = Instant::now();
        let Pair { decoding, .. } = self.clients(request.identity.as_ref())?;
        let mut builder = decoding.request(request.method, request.url.as_url().clone()).headers(request.headers);
        if let Some(bytes) = request.body {
            builder = builder.body(bytes);
        }
        let mut response = builder.send().await.map_err(SendError::while_sending)?;
        let first_byte = start.elapsed();
        self.check_head(&request.url, &response)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = body::read(response, request.response_bytes_max, request.overflow).await?;
        let timings = Timings { dns: dns.get().copied(), first_byte, total: start.elapsed() };
        Ok(OutboundResponse { status, headers, body, timings })
    }

    /// Judges who answered, and what is held of the answer, before anything of it is read.
    pub(super) fn check_head(&self, url: &HttpUrl, response: &reqwest::Response) -> Result<(), SendError> {
        self.policy.verify_peer(url, response.remote_addr()).map_err(SendError::PeerDenied)?;
        if within_limits(response.headers()) { Ok(()) } else { Err(SendError::HeadersTooLarge) }
    }
}

fn within_limits(headers: &HeaderMap) -> bool {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    headers.len() <= RESPONSE_HEADERS_MAX && bytes <= RESPONSE_HEADER_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn one_header(value_bytes: usize) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static("x"), HeaderValue::from_str(&"v".repeat(value_bytes)).unwrap())])
    }

    #[test]
    fn response_headers_are_limited_in_bytes() {
        assert!(within_limits(&one_header(RESPONSE_HEADER_BYTES_MAX - 1)));
        assert!(!within_limits(&one_header(RESPONSE_HEADER_BYTES_MAX)));
    }

    #[test]
    fn response_headers_are_limited_in_number() {
        let mut headers = HeaderMap::new();
        for _ in 0..RESPONSE_HEADERS_MAX {
            headers.append("set-cookie", HeaderValue::from_static("a=b"));
        }
        assert!(within_limits(&headers));
        headers.append("set-cookie", HeaderValue::from_static("a=b"));
        assert!(!within_limits(&headers));
    }

    #[test]
    fn debug_of_a_request_shows_the_host_only() {
        let request = OutboundRequest {
            method: Method::POST,
            url: HttpUrl::parse("https://a.example/hunter2?key=hunter2").unwrap(),
            headers: HeaderMap::from_iter([(
                HeaderName::from_static("x-api-key"),
                HeaderValue::from_static("hunter2"),
            )]),
            body: Some(Bytes::from_static(b"hunter2")),
            timeout: Duration::from_secs(1),
            response_bytes_max: 1,
            overflow: BodyOverflow::Fail,
            identity: None,
        };
        assert_eq!(format!("{request:?}"), r#"OutboundRequest { method: POST, authority: "a.example", .. }"#);
    }
}
