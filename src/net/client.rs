//! The HTTP client: made here and nowhere else, with every convenience that leaks switched off.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout};
use tokio_util::bytes::Bytes;

use super::body::{self, BodyOverflow, CappedBody};
use super::error::{SendError, TimeoutPhase};
use super::guard::EgressPolicy;
use super::resolver::{GuardedResolver, LOOKUP, Lookup};
use crate::domain::HttpUrl;

/// Most header lines of a response.
pub const RESPONSE_HEADERS_MAX: usize = 256;

/// Most bytes in the names and values of a response's headers.
pub const RESPONSE_HEADER_BYTES_MAX: usize = 64 * 1024;

/// HTTP/2 counts 32 bytes more per header (RFC 9113 section 6.5.2), and a response over this is reset by the codec with
/// no word why. Twice the limit lets our own typed check speak first.
const HTTP2_HEADER_LIST_BYTES_MAX: u32 = 2 * 64 * 1024;

/// Idle connections kept per host; enough that a steady load never opens a new one.
const IDLE_CONNECTIONS_PER_HOST_MAX: usize = 256;

/// How long an idle connection is kept. Shorter than the 60 s after which common load balancers drop theirs silently.
const IDLE_CONNECTION_MAX: Duration = Duration::from_secs(50);

const USER_AGENT: &str = concat!("latchkey/", env!("CARGO_PKG_VERSION"));

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
#[error("could not make the HTTP client")]
pub struct ClientBuildError(#[source] reqwest::Error);

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
    client: reqwest::Client,
    policy: EgressPolicy,
}

impl HttpClient {
    /// Makes the client. It speaks HTTP/1.1 and, where TLS negotiates it, HTTP/2.
    ///
    /// Requests that a peer refused *before* processing them (an HTTP/2 `REFUSED_STREAM`, a pooled connection that was
    /// already closed) are sent again underneath; nothing else is ever repeated.
    ///
    /// # Errors
    /// When TLS or the certificate store can't be set up.
    pub fn new(policy: EgressPolicy, timeouts: ClientTimeouts) -> Result<Self, ClientBuildError> {
        #[expect(clippy::disallowed_methods, reason = "this is the one home of the client")]
        let builder = reqwest::Client::builder();
        let client = builder
            .user_agent(USER_AGENT)
            // A proxy from the environment would be connected to instead of the host that was judged.
            .no_proxy()
            // A 307 would carry the body, with the client's secret in it, to whatever host the peer names.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .dns_resolver(GuardedResolver::new(policy.clone(), timeouts.dns))
            .connect_timeout(timeouts.connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST_MAX)
            .pool_idle_timeout(IDLE_CONNECTION_MAX)
            .http1_max_headers(RESPONSE_HEADERS_MAX)
            .http2_max_header_list_size(HTTP2_HEADER_LIST_BYTES_MAX)
            .build()
            .map_err(|error| ClientBuildError(error.without_url()))?;
        Ok(Self { client, policy })
    }

    /// The policy that judges the requests of this client.
    pub fn policy(&self) -> &EgressPolicy {
        &self.policy
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
        let mut builder = self.client.request(request.method, request.url.as_url().clone()).headers(request.headers);
        if let Some(bytes) = request.body {
            builder = builder.body(bytes);
        }
        let mut response = builder.send().await.map_err(SendError::while_sending)?;
        let first_byte = start.elapsed();
        self.policy.verify_peer(&request.url, response.remote_addr()).map_err(SendError::PeerDenied)?;
        if !within_limits(response.headers()) {
            return Err(SendError::HeadersTooLarge);
        }
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = body::read(response, request.response_bytes_max, request.overflow).await?;
        let timings = Timings { dns: dns.get().copied(), first_byte, total: start.elapsed() };
        Ok(OutboundResponse { status, headers, body, timings })
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
        };
        assert_eq!(format!("{request:?}"), r#"OutboundRequest { method: POST, authority: "a.example", .. }"#);
    }
}
