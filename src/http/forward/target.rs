//! Where a forwarded request goes: the connection's base URL, the path behind it, and the query as it came.
//!
//! A base URL with a path is a promise that the token is used below that path only. What a server behind it takes for
//! a step upwards differs, so everything that any of them is known to take for one is refused, however it is encoded.

use std::borrow::Cow;

use crate::domain::HttpUrl;

/// Why a path can't be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    /// `.` or `..`, plain or encoded.
    #[error("the path must not have the segments `.` and `..`, not even encoded")]
    DotSegment,
    /// `\` or `%5C`: some servers take it for a slash.
    #[error("the path must not have a backslash, not even encoded")]
    Backslash,
    /// It begins with `//`, which some servers take for a host.
    #[error("the path must not begin with an empty segment")]
    EmptySegment,
    /// Joined with the base URL it makes no URL below it.
    #[error("the path makes no URL below the connection's base URL, or too long a one")]
    NotBelowBase,
}

/// Joins a base URL, a path as it came on the wire (empty or beginning with `/`) and a query.
///
/// A query of the base URL comes first. Nothing is decoded; what may not stand in a URL is percent-encoded.
///
/// # Errors
/// [`PathProblem`].
pub(super) fn join(base: &HttpUrl, path: &str, query: Option<&str>) -> Result<HttpUrl, PathProblem> {
    check(path)?;
    let base_path = base.path().trim_end_matches('/');
    let path = if path.is_empty() { base.path().to_owned() } else { format!("{base_path}{path}") };
    let queries = [base.as_url().query(), query];
    let query = queries.into_iter().flatten().filter(|query| !query.is_empty()).collect::<Vec<_>>().join("&");
    let separator = if query.is_empty() { "" } else { "?" };
    let text = format!("{}://{}{path}{separator}{query}", base.as_url().scheme(), base.authority());
    let url = HttpUrl::parse(&text).map_err(|_| PathProblem::NotBelowBase)?;
    // The checks above should make this impossible; what the parser makes of a path is its own affair.
    let is_same_origin = url.as_url().origin() == base.as_url().origin();
    let is_below = url.path().strip_prefix(base_path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_same_origin && is_below { Ok(url) } else { Err(PathProblem::NotBelowBase) }
}

/// Looks at the path as it is, and at what each further decoding makes of it: somebody on the way may decode once more.
fn check(path: &str) -> Result<(), PathProblem> {
    if !(path.is_empty() || path.starts_with('/')) {
        return Err(PathProblem::NotBelowBase);
    }
    let mut read = Cow::Borrowed(path.as_bytes());
    loop {
        if read.contains(&b'\\') {
            return Err(PathProblem::Backslash);
        }
        if read.starts_with(b"//") {
            return Err(PathProblem::EmptySegment);
        }
        if read.split(|byte| *byte == b'/').any(is_dot_segment) {
            return Err(PathProblem::DotSegment);
        }
        // Each round is shorter than the one before.
        match decoded(&read) {
            Some(next) => read = Cow::Owned(next),
            None => return Ok(()),
        }
    }
}

/// What stands behind a `;` is a parameter to some servers, which cut it off before they look at the dots.
fn is_dot_segment(segment: &[u8]) -> bool {
    matches!(segment.split(|byte| *byte == b';').next(), Some(b"." | b".."))
}

/// The bytes with one layer of percent-encoding less; `None` when there is none.
fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut result = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        result.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    (result.len() < bytes.len()).then_some(result)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::url::URL_BYTES_MAX;

    fn joined(base: &str, path: &str, query: Option<&str>) -> Result<String, PathProblem> {
        join(&HttpUrl::parse(base).unwrap(), path, query).map(|url| url.to_string())
    }

    #[test]
    fn the_path_goes_behind_the_base_and_the_query_stays_as_it_is() {
        for (base, path, query, url) in [
            ("https://a.example", "/x", None, "https://a.example/x"),
            ("https://a.example/", "", None, "https://a.example/"),
            ("https://a.example/v1", "", None, "https://a.example/v1"),
            ("https://a.example/v1/", "", None, "https://a.example/v1/"),
            ("https://a.example/v1/", "/", None, "https://a.example/v1/"),
            ("https://a.example:8443/v1/", "/x/y", Some("a=%2e%2e/&b"), "https://a.example:8443/v1/x/y?a=%2e%2e/&b"),
            ("https://a.example/v1?key=1", "/x", Some("a=b"), "https://a.example/v1/x?key=1&a=b"),
            ("https://a.example/v1?key=1", "/x", None, "https://a.example/v1/x?key=1"),
            ("https://a.example/v1", "/a%2Fb//c;d=e/...", Some(""), "https://a.example/v1/a%2Fb//c;d=e/..."),
            ("https://a.example/v1", "/100%25/%zz/ä", None, "https://a.example/v1/100%25/%zz/%C3%A4"),
            ("https://a.example/v1", "/@b.example:81/x:y", None, "https://a.example/v1/@b.example:81/x:y"),
        ] {
            assert_eq!(joined(base, path, query).as_deref(), Ok(url));
        }
    }

    #[test]
    fn no_path_leads_above_the_base_in_any_encoding() {
        for path in [
            "/..",
            "/../x",
            "/x/..",
            "/./x",
            "/.",
            "/%2e%2e/x",
            "/.%2E/x",
            "/%2E./x",
            "/x%2f..%2f..%2fy",
            "/..%2fx",
            "/..;/x",
            "/..;a=b/x",
            "/%252e%252e/x",
            "/%25252e./x",
            "/%2e%3b/x",
        ] {
            assert_eq!(joined("https://a.example/v1/", path, None), Err(PathProblem::DotSegment), "{path}");
        }
        for path in ["/\\b.example", "/..\\x", "/%5c%5cb.example", "/x%255Cy"] {
            assert_eq!(joined("https://a.example/", path, None), Err(PathProblem::Backslash), "{path}");
        }
        for path in ["//b.example/x", "/%2fb.example/x", "///"] {
            assert_eq!(joined("https://a.example/", path, None), Err(PathProblem::EmptySegment), "{path}");
        }
        for path in ["x", "@b.example/", ".b.example/", ":81/"] {
            assert_eq!(joined("https://a.example", path, None), Err(PathProblem::NotBelowBase), "{path}");
        }
    }

    #[test]
    fn a_url_has_its_limit() {
        let room = URL_BYTES_MAX - "https://a.example/".len();
        assert!(joined("https://a.example", &format!("/{}", "x".repeat(room)), None).is_ok());
        let longer = format!("/{}", "x".repeat(room + 1));
        assert_eq!(joined("https://a.example", &longer, None), Err(PathProblem::NotBelowBase));
        assert!(joined("https://a.example", "/x", Some("a b")).is_err());
    }
}
