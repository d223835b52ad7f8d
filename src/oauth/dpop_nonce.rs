//! The nonces that servers want to see in DPoP proofs (RFC 9449 §8 and §9): where they are demanded, and the last one of
//! each server.

use std::fmt;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::challenge::challenges;
use crate::domain::HttpUrl;
use crate::net::header::{HeaderMap, HeaderName};

/// Longest nonce in bytes; it travels back in a header, and some servers put an encrypted time into it.
pub const DPOP_NONCE_BYTES_MAX: usize = 1_024;
/// Most servers whose last nonce is remembered.
pub const DPOP_NONCES_MAX: u64 = 1_024;

/// `error` of a server that wants a nonce (RFC 9449 §8 and §9).
const USE_DPOP_NONCE: &str = "use_dpop_nonce";

static DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A nonce as a server gave it (RFC 9449 §8.1).
#[derive(Clone, PartialEq, Eq)]
pub struct DpopNonce(String);

impl DpopNonce {
    /// Accepts one or more `NQCHAR` (RFC 6749 appendix A), at most [`DPOP_NONCE_BYTES_MAX`].
    pub fn parse(text: &str) -> Option<Self> {
        let is_nqchar = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let fits = (1..=DPOP_NONCE_BYTES_MAX).contains(&text.len());
        (fits && text.bytes().all(is_nqchar)).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DpopNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DpopNonce")
    }
}

/// The nonce that comes with an answer, be it demanded or for the next request (RFC 9449 §8.2). None when there are two:
/// nobody could tell which one counts.
pub fn offered(headers: &HeaderMap) -> Option<DpopNonce> {
    let mut lines = headers.get_all(&DPOP_NONCE).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => DpopNonce::parse(line.to_str().ok()?.trim()),
        (None | Some(_), _) => None,
    }
}

/// The nonce that the token endpoint demands: `error` of its answer is `use_dpop_nonce` (RFC 9449 §8). The status is not
/// looked at; it should be 400, but 401 is seen.
pub fn demanded_by_token_endpoint(error: Option<&str>, headers: &HeaderMap) -> Option<DpopNonce> {
    if error == Some(USE_DPOP_NONCE) { offered(headers) } else { None }
}

/// The nonce that an API demands: 401 and `WWW-Authenticate: DPoP error="use_dpop_nonce"` (RFC 9449 §9).
pub fn demanded_by_resource(status: u16, headers: &HeaderMap) -> Option<DpopNonce> {
    let is_demanded = || {
        challenges(headers)
            .iter()
            .any(|challenge| challenge.is("DPoP") && challenge.parameter("error") == Some(USE_DPOP_NONCE))
    };
    if status == 401 && is_demanded() { offered(headers) } else { None }
}

/// The last nonce of each server, at most [`DPOP_NONCES_MAX`]; the one that was longest not used makes room. A nonce that
/// is forgotten or out of date costs one more request, nothing else.
#[derive(Debug, Clone)]
pub struct DpopNonces {
    by_origin: Cache<String, DpopNonce>,
}

impl Default for DpopNonces {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(DPOP_NONCES_MAX).eviction_policy(EvictionPolicy::lru());
        Self { by_origin: cache.build() }
    }
}

impl DpopNonces {
    /// Keeps the nonce of an answer of this URL's origin; an answer without one changes nothing (RFC 9449 §8.2).
    pub fn remember(&self, url: &HttpUrl, headers: &HeaderMap) {
        if let Some(nonce) = offered(headers) {
            self.by_origin.insert(origin(url), nonce);
        }
    }

    /// The nonce for the next proof to this URL's origin.
    pub fn latest(&self, url: &HttpUrl) -> Option<DpopNonce> {
        self.by_origin.get(&origin(url))
    }
}

fn origin(url: &HttpUrl) -> String {
    url.as_url().origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::header::{HeaderValue, WWW_AUTHENTICATE};

    fn answer(nonces: &[&'static str], challenge: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for nonce in nonces {
            headers.append(&DPOP_NONCE, HeaderValue::from_static(nonce));
        }
        headers.extend(challenge.map(|challenge| (WWW_AUTHENTICATE, HeaderValue::from_static(challenge))));
        headers
    }

    fn text(nonce: Option<DpopNonce>) -> Option<String> {
        nonce.map(|nonce| nonce.as_str().to_owned())
    }

    fn url(text: &str) -> HttpUrl {
        HttpUrl::parse(text).unwrap()
    }

    #[test]
    fn the_token_endpoint_demands_a_nonce_by_its_error() {
        let demanded = |error, nonces: &[&'static str]| text(demanded_by_token_endpoint(error, &answer(nonces, None)));
        assert_eq!(demanded(Some("use_dpop_nonce"), &["n-1"]), Some("n-1".to_owned()));
        assert_eq!(demanded(Some("invalid_dpop_proof"), &["n-1"]), None);
        assert_eq!(demanded(None, &["n-1"]), None);
        // Nothing to answer the demand with: it stays a failure.
        assert_eq!(demanded(Some("use_dpop_nonce"), &[]), None);
        assert_eq!(demanded(Some("use_dpop_nonce"), &["n-1", "n-2"]), None);
    }

    #[test]
    fn an_api_demands_a_nonce_by_its_challenge() {
        let demanded = |status, challenge| text(demanded_by_resource(status, &answer(&["n-1"], Some(challenge))));
        let nonce = Some("n-1".to_owned());
        assert_eq!(demanded(401, r#"DPoP error="use_dpop_nonce", error_description="nonce, please""#), nonce);
        assert_eq!(demanded(401, r#"Bearer realm="x", dpop error=use_dpop_nonce"#), nonce);
        assert_eq!(demanded(400, r#"DPoP error="use_dpop_nonce""#), None);
        assert_eq!(demanded(401, r#"Bearer error="use_dpop_nonce""#), None);
        assert_eq!(demanded(401, r#"DPoP error="invalid_token""#), None);
    }

    #[test]
    fn only_a_text_that_fits_a_header_is_a_nonce() {
        assert!(DpopNonce::parse("eyJ7S_zG.eyJH0-Z.HX4w-7v!").is_some());
        assert!(DpopNonce::parse(&"x".repeat(DPOP_NONCE_BYTES_MAX)).is_some());
        for bad in [&"x".repeat(DPOP_NONCE_BYTES_MAX + 1), "", "a b", "a\"b", "a\\b", "a\nb", "ä"] {
            assert!(DpopNonce::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn the_last_nonce_of_each_origin_is_remembered() {
        let nonces = DpopNonces::default();
        nonces.remember(&url("https://idp.example/token"), &answer(&["n-1"], None));
        nonces.remember(&url("https://idp.example:443/other?x=y"), &answer(&["n-2"], None));
        nonces.remember(&url("https://idp.example/token"), &answer(&[], None));
        nonces.remember(&url("https://idp.example:8443/token"), &answer(&["n-3"], None));
        let latest = |at| text(nonces.latest(&url(at)));
        assert_eq!(latest("https://idp.example/elsewhere"), Some("n-2".to_owned()));
        assert_eq!(latest("https://idp.example:8443/"), Some("n-3".to_owned()));
        assert_eq!(latest("http://idp.example/"), None);
        assert_eq!(latest("https://api.example/"), None);
    }

    #[test]
    fn the_memory_is_bounded_and_the_newest_stay() {
        let nonces = DpopNonces::default();
        for port in 1..=DPOP_NONCES_MAX + 100 {
            nonces.remember(&url(&format!("https://idp.example:{port}/")), &answer(&["n"], None));
        }
        nonces.by_origin.run_pending_tasks();
        assert_eq!(nonces.by_origin.entry_count(), DPOP_NONCES_MAX);
        assert!(nonces.latest(&url(&format!("https://idp.example:{}/", DPOP_NONCES_MAX + 100))).is_some());
        assert!(nonces.latest(&url("https://idp.example:1/")).is_none());
    }

    #[test]
    fn debug_shows_no_nonce() {
        assert_eq!(format!("{:?}", DpopNonce::parse("n-1").unwrap()), "DpopNonce");
    }
}
