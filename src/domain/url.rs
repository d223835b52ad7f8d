//! URLs that Latchkey may send something to.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::FieldError;

/// Longest URL in bytes.
pub const URL_BYTES_MAX: usize = 8_192;

/// An absolute `http` or `https` URL with a host, no userinfo and no fragment.
///
/// Whether its address may be *reached* is another question: the address guard answers it when a connection is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl(Url);

impl HttpUrl {
    /// Parses a URL strictly.
    ///
    /// The WHATWG parser strips tabs and line ends without a word and takes backslashes for slashes; a URL that needs
    /// that was meant to read differently by two readers, so it is refused here.
    ///
    /// # Errors
    /// `INVALID_URL` at the field `url`, in words that say what is wrong; the URL itself is not repeated.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let refuse = |why: &str| Err(FieldError::at("url", "INVALID_URL", why));
        let too_long = "is longer than 8,192 bytes";
        if text.len() > URL_BYTES_MAX {
            return refuse(too_long);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return refuse("contains white space, a control character or a backslash");
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(reason) => return refuse(&format!("is not an absolute URL: {reason}")),
        };
        // Percent-encoding triples a byte. What is kept is the encoded form, and it must parse again when an event is read.
        if url.as_str().len() > URL_BYTES_MAX {
            return refuse(too_long);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("must start with http:// or https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("must not carry a user name or password");
        }
        if url.fragment().is_some() {
            return refuse("must not have a fragment (#…)");
        }
        if url.host_str().is_none_or(str::is_empty) {
            return refuse("has no host");
        }
        Ok(Self(url))
    }

    /// The host as written in the URL: a lower-case name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The parsed host.
    pub fn typed_host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    /// The port, explicit or the scheme's own.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// `host` or `host:port`, as written.
    pub fn authority(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The URL for the client that sends.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The URL with more query pairs appended, encoded as a form.
    #[must_use]
    pub fn with_query<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut url = self.0.clone();
        let mut pairs = pairs.into_iter().peekable();
        if pairs.peek().is_some() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Self(url)
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Serialize for HttpUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for HttpUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_absolute_http_urls_pass() {
        for good in ["https://idp.example.com/token", "http://127.0.0.1:9/x?a=b", "https://[2001:db8::1]/"] {
            assert!(HttpUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "idp.example.com",
            "/token",
            "ftp://a/",
            "file:///etc/passwd",
            "https://",
            "https://u:p@a/",
            "https://u@a/",
            "https://a/#f",
            "https://a/\tb",
            "https://a /",
            "https:\\\\a\\b",
            "https://a:99999/",
            "javascript:alert(1)",
        ] {
            assert!(HttpUrl::parse(bad).is_err(), "{bad}");
        }
        assert!(HttpUrl::parse(&format!("https://a/{}", "b".repeat(URL_BYTES_MAX))).is_err());
    }

    #[test]
    fn what_is_accepted_is_accepted_again_in_the_form_that_is_kept() {
        let edge = format!("https://a/{}", "b".repeat(URL_BYTES_MAX - "https://a/".len()));
        assert!(HttpUrl::parse(&edge).is_ok());
        assert!(HttpUrl::parse(&format!("{edge}b")).is_err());
        // 2 bytes as typed, 6 as kept.
        let umlauts = |count| HttpUrl::parse(&format!("https://a/{}", "ä".repeat(count)));
        assert!(umlauts(URL_BYTES_MAX / 6).is_err());
        let kept = umlauts(URL_BYTES_MAX / 6 - 2).unwrap();
        assert_eq!(HttpUrl::parse(&kept.to_string()), Ok(kept));
    }

    #[test]
    fn the_authority_keeps_an_explicit_port_only() {
        let port_of = |text| HttpUrl::parse(text).map(|url| (url.authority(), url.port()));
        assert_eq!(port_of("https://a.example/"), Ok(("a.example".to_owned(), 443)));
        assert_eq!(port_of("http://[::1]:8080/"), Ok(("[::1]:8080".to_owned(), 8080)));
    }
}
