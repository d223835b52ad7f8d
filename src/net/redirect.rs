//! Where a redirect leads, and what must not go along. Pure: nothing is followed here.

use reqwest::Method;
use reqwest::header::HeaderValue;

use crate::domain::HttpUrl;

/// The request that a redirect asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    /// Where to. The guard has not judged it yet.
    pub url: HttpUrl,
    /// The method, which may have become `GET`.
    pub method: Method,
    /// Whether the body goes along; it doesn't when the method changed.
    pub keep_body: bool,
    /// Whether credentials may go along: only when scheme, host and port stay the same. That holds for `authorization`
    /// and for whatever else authorises a request, a key header or a secret in the body.
    pub keep_authorization: bool,
}

/// Says why a redirect can't be followed. The location is not repeated: its query may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// The location is not text.
    #[error("the redirect location is not ASCII text")]
    LocationNotText,
    /// The location is not a URL that may be asked.
    #[error("the redirect location {0}")]
    LocationInvalid(String),
}

/// Says whether and where a response redirects (RFC 9110 section 15.4).
///
/// `None` means that the response is the answer: its status is no redirect, or it names no location. `303` turns
/// everything but `HEAD` into `GET`; `301` and `302` turn `POST` into `GET`, as every browser does; `307` and `308` keep
/// method and body.
///
/// # Errors
/// When there is a location that can't be used.
pub fn next_hop(
    from: &HttpUrl,
    status: u16,
    location: Option<&HeaderValue>,
    method: &Method,
) -> Result<Option<NextHop>, RedirectError> {
    let becomes_get = match status {
        301 | 302 => method == Method::POST,
        303 => method != Method::HEAD && method != Method::GET,
        307 | 308 => false,
        _ => return Ok(None),
    };
    let Some(location) = location else { return Ok(None) };
    let url = resolve(from, location)?;
    let keep_authorization = from.as_url().origin() == url.as_url().origin();
    let method = if becomes_get { Method::GET } else { method.clone() };
    Ok(Some(NextHop { url, method, keep_body: !becomes_get, keep_authorization }))
}

fn resolve(from: &HttpUrl, location: &HeaderValue) -> Result<HttpUrl, RedirectError> {
    let text = location.to_str().map_err(|_| RedirectError::LocationNotText)?;
    // Joining would silently drop tabs and take backslashes for slashes, so the raw text is judged as well.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        let reason = "contains white space, a control character or a backslash";
        return Err(RedirectError::LocationInvalid(reason.to_owned()));
    }
    let mut joined = match from.as_url().join(text) {
        Ok(joined) => joined,
        Err(reason) => return Err(RedirectError::LocationInvalid(format!("is not a URL: {reason}"))),
    };
    // A fragment is meant for the reader of the answer (RFC 9110 section 10.2.2) and is never sent.
    joined.set_fragment(None);
    HttpUrl::parse(joined.as_str()).map_err(|refused| RedirectError::LocationInvalid(refused.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(from: &str, status: u16, location: &str, method: &Method) -> Result<Option<NextHop>, RedirectError> {
        let location = HeaderValue::from_str(location).unwrap();
        next_hop(&HttpUrl::parse(from).unwrap(), status, Some(&location), method)
    }

    fn followed(from: &str, location: &str) -> NextHop {
        hop(from, 302, location, &Method::GET).unwrap().unwrap()
    }

    #[test]
    fn only_the_five_redirects_with_a_location_are_followed() {
        for status in [301, 302, 303, 307, 308] {
            assert!(hop("https://a.example/", status, "/b", &Method::GET).unwrap().is_some(), "{status}");
        }
        for status in [200, 201, 300, 304, 305, 306, 400] {
            assert_eq!(hop("https://a.example/", status, "/b", &Method::GET), Ok(None), "{status}");
        }
        assert_eq!(next_hop(&HttpUrl::parse("https://a.example/").unwrap(), 302, None, &Method::GET), Ok(None));
    }

    #[test]
    fn the_method_changes_as_rfc_9110_says() {
        for (status, method, becomes, keeps_body) in [
            (301, Method::POST, Method::GET, false),
            (302, Method::POST, Method::GET, false),
            (302, Method::PUT, Method::PUT, true),
            (303, Method::POST, Method::GET, false),
            (303, Method::PUT, Method::GET, false),
            (303, Method::DELETE, Method::GET, false),
            (303, Method::HEAD, Method::HEAD, true),
            (303, Method::GET, Method::GET, true),
            (307, Method::POST, Method::POST, true),
            (308, Method::POST, Method::POST, true),
        ] {
            let next = hop("https://a.example/", status, "/b", &method).unwrap().unwrap();
            assert_eq!((next.method, next.keep_body), (becomes, keeps_body), "{status} {method}");
        }
    }

    #[test]
    fn authorisation_stays_with_scheme_host_and_port() {
        for (location, keeps) in [
            ("/b", true),
            ("https://a.example:443/b", true),
            ("https://A.EXAMPLE/b", true),
            ("http://a.example/b", false),
            ("https://a.example:8443/b", false),
            ("https://b.a.example/b", false),
            ("https://a.example./b", false),
            ("//b.example/b", false),
        ] {
            assert_eq!(followed("https://a.example/", location).keep_authorization, keeps, "{location}");
        }
    }

    #[test]
    fn a_location_is_resolved_against_the_url_and_loses_its_fragment() {
        let url = |from, location| followed(from, location).url.to_string();
        assert_eq!(url("https://a.example/x/y?z=1", "../b?c=d#e"), "https://a.example/b?c=d");
        assert_eq!(url("https://a.example/x", "?c=d"), "https://a.example/x?c=d");
        assert_eq!(url("https://a.example/x", "//b.example"), "https://b.example/");
    }

    #[test]
    fn a_location_that_two_readers_would_read_differently_is_refused() {
        for location in [
            "ftp://a.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://user:secret@a.example/",
            "\\\\b.example\\",
            "/a\tb",
            "/a b",
            "https://",
        ] {
            let refused = hop("https://a.example/", 302, location, &Method::GET).unwrap_err();
            assert!(matches!(refused, RedirectError::LocationInvalid(_)), "{location}: {refused}");
            assert!(!refused.to_string().contains("secret"));
        }
        let not_text = HeaderValue::from_bytes(b"/\xff").unwrap();
        let from = HttpUrl::parse("https://a.example/").unwrap();
        assert_eq!(next_hop(&from, 302, Some(&not_text), &Method::GET), Err(RedirectError::LocationNotText));
    }
}
