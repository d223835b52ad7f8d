//! Which headers pass, in either direction.
//!
//! Everything passes that is not on a list: whoever forwards can't know what an API and its callers say to each other.

use crate::net::header::{CONNECTION, HeaderMap, HeaderName};

/// Most header lines of a forwarded request.
pub const REQUEST_HEADERS_MAX: usize = 100;
/// Most bytes in the names and values of a forwarded request's headers.
pub const REQUEST_HEADER_BYTES_MAX: usize = 64 * 1024;

/// Belong to one connection between two machines (RFC 9110 §7.6.1), besides those that `Connection` names.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"];

/// Of a request: what the next connection has of its own, and what the caller has with Latchkey alone.
///
/// `Authorization` is the caller's key to Latchkey, `Cookie` what a browser keeps for Latchkey's host. `Expect` was
/// answered when the body was asked for, `Content-Length` follows from the body, and `Host` from the URL. `DPoP` is a
/// proof for the caller's own token.
const KEPT_BACK: [&str; 6] = ["authorization", "content-length", "cookie", "dpop", "expect", "host"];

/// Of a response: what a browser would take for a word about Latchkey's whole origin rather than about this answer, and
/// the policies that Latchkey sets itself for every answer.
const ABOUT_THE_ORIGIN: [&str; 27] = [
    "accept-ch",
    "alt-svc",
    "clear-site-data",
    "content-security-policy",
    "content-security-policy-report-only",
    "critical-ch",
    "cross-origin-embedder-policy",
    "cross-origin-embedder-policy-report-only",
    "cross-origin-opener-policy",
    "cross-origin-opener-policy-report-only",
    "cross-origin-resource-policy",
    "expect-ct",
    "nel",
    "origin-agent-cluster",
    "origin-trial",
    "public-key-pins",
    "referrer-policy",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "speculation-rules",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
];

/// Names that begin so are Latchkey's own words, or a browser's permission to read across origins.
const OWN_PREFIX: &str = "latchkey-";
const CORS_PREFIX: &str = "access-control-";
const PROXY_PREFIX: &str = "proxy-";

/// The headers that the API gets, the token excepted.
pub(super) fn of_request(headers: &HeaderMap) -> HeaderMap {
    passing(headers, |name| !KEPT_BACK.contains(&name) && !name.starts_with(OWN_PREFIX))
}

/// The headers that the caller gets, those of Latchkey excepted. `Content-Length` is left to whoever sends the body.
pub(super) fn of_response(headers: &HeaderMap) -> HeaderMap {
    passing(headers, |name| {
        let is_ours = name.starts_with(OWN_PREFIX) || name.starts_with(CORS_PREFIX);
        name != "content-length" && !ABOUT_THE_ORIGIN.contains(&name) && !is_ours
    })
}

/// Whether a request's headers are within the limits.
pub(super) fn fit(headers: &HeaderMap) -> bool {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len().saturating_add(value.len())).sum();
    headers.len() <= REQUEST_HEADERS_MAX && bytes <= REQUEST_HEADER_BYTES_MAX
}

fn passing(headers: &HeaderMap, may_pass: impl Fn(&str) -> bool) -> HeaderMap {
    let named = named_by_connection(headers);
    let is_hop_by_hop = |name: &HeaderName| {
        HOP_BY_HOP.contains(&name.as_str()) || name.as_str().starts_with(PROXY_PREFIX) || named.contains(name)
    };
    let kept = headers.iter().filter(|(name, _)| !is_hop_by_hop(name) && may_pass(name.as_str()));
    let mut passed = HeaderMap::new();
    for (name, value) in kept {
        let mut value = value.clone();
        value.set_sensitive(true);
        passed.append(name, value);
    }
    passed
}

/// The headers that `Connection` lists. A name that is no header name names nothing.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter();
    let names = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    names.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::header::HeaderValue;

    fn map(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        headers.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn what_belongs_to_one_connection_stays_there_in_both_directions() {
        let headers = map(&[
            ("connection", "close, X-Hop"),
            ("connection", " x-other ,,not a name"),
            ("x-hop", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("proxy-authenticate", "Basic"),
            ("proxy-connection", "close"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "x"),
            ("x-end", "1"),
        ]);
        assert_eq!(names(&of_request(&headers)), ["x-end"]);
        assert_eq!(names(&of_response(&headers)), ["x-end"]);
    }

    #[test]
    fn a_request_keeps_its_own_words_but_not_those_for_latchkey() {
        let headers = map(&[
            ("host", "latchkey"),
            ("authorization", "Bearer caller"),
            ("cookie", "session=1"),
            ("dpop", "proof"),
            ("expect", "100-continue"),
            ("content-length", "3"),
            ("latchkey-anything", "1"),
            ("content-type", "text/plain"),
            ("accept-encoding", "zstd"),
            ("idempotency-key", "1"),
            ("traceparent", "00-1"),
        ]);
        assert_eq!(names(&of_request(&headers)), ["content-type", "accept-encoding", "idempotency-key", "traceparent"]);
    }

    #[test]
    fn a_response_can_say_nothing_about_latchkeys_origin() {
        let mut headers =
            map(&[("content-type", "text/html"), ("content-encoding", "br"), ("link", "<x>"), ("etag", "1")]);
        for name in
            ABOUT_THE_ORIGIN.into_iter().chain(["latchkey-error", "access-control-allow-origin", "content-length"])
        {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        assert_eq!(names(&of_response(&headers)), ["content-type", "content-encoding", "link", "etag"]);
    }

    #[test]
    fn repeated_headers_stay_repeated_and_in_order() {
        let passed = of_request(&map(&[("x-a", "1"), ("x-a", "2")]));
        assert_eq!(passed.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn headers_have_their_limits() {
        let many = |count: usize| (0..count).map(|_| ("x", "")).collect::<Vec<_>>();
        assert!(fit(&map(&many(REQUEST_HEADERS_MAX))) && !fit(&map(&many(REQUEST_HEADERS_MAX + 1))));
        let long = |bytes: usize| fit(&map(&[("x", &"v".repeat(bytes - 1))]));
        assert!(long(REQUEST_HEADER_BYTES_MAX) && !long(REQUEST_HEADER_BYTES_MAX + 1));
    }
}
