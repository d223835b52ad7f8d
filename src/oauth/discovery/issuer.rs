//! An issuer's name, and the places where its metadata may stand.

use std::fmt;

use openidconnect::IssuerUrl;

use crate::domain::{FieldError, HttpUrl};

/// Longest issuer in bytes; with it every place of its metadata is a URL that Latchkey takes.
pub const ISSUER_BYTES_MAX: usize = 2_048;

const WELL_KNOWN: &str = "/.well-known/";

/// An issuer identifier (RFC 8414 §2): a URL with neither query nor fragment, kept byte for byte as it was written.
///
/// Two issuers are equal only if their texts are. A parsed URL would not do: it makes `https://a/` of `https://a`, which
/// is the name of another issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: IssuerUrl,
    url: HttpUrl,
    locations: Vec<HttpUrl>,
}

impl Issuer {
    /// Reads what a person wrote. Whether the host may be reached, and without TLS, is judged when it is asked.
    ///
    /// # Errors
    /// At the field `issuer`, in words that say what is wrong; the text itself is not repeated.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let refuse = |why: &str| FieldError::at("issuer", "INVALID_URL", why);
        if text.len() > ISSUER_BYTES_MAX {
            return Err(refuse("is longer than 2,048 bytes"));
        }
        let as_issuer = |error: FieldError| FieldError::at("issuer", error.code, error.message);
        let url = HttpUrl::parse(text).map_err(as_issuer)?;
        if url.as_url().query().is_some() {
            return Err(refuse("must not have a query (?…)"));
        }
        if url.path().contains(WELL_KNOWN) {
            return Err(refuse("is the address of a metadata document; the issuer is the value of `issuer` in it"));
        }
        let locations = locations(&url).map_err(as_issuer)?;
        let text = IssuerUrl::new(text.to_owned()).map_err(|reason| refuse(&reason.to_string()))?;
        Ok(Self { text, url, locations })
    }

    /// The issuer as it was written.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The issuer as an address.
    pub fn url(&self) -> &HttpUrl {
        &self.url
    }

    /// Where the metadata may stand, in the order in which it is looked for.
    pub fn locations(&self) -> &[HttpUrl] {
        &self.locations
    }

    /// Whether `other` leads to the same place and only its letters differ, as `https://a` and `https://a/` do.
    pub(super) fn differs_in_spelling_only(&self, other: &str) -> bool {
        let place = |issuer: &Self| issuer.url.to_string().trim_end_matches('/').to_owned();
        Self::parse(other).is_ok_and(|other| self.text != other.text && place(self) == place(&other))
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// OpenID Connect Discovery §4 appends to the path; RFC 8414 §3 inserts before it, and §5 tells of servers that do so with
/// the name of OpenID Connect. A slash at the end is taken off first in each of them.
fn locations(issuer: &HttpUrl) -> Result<Vec<HttpUrl>, FieldError> {
    let path = issuer.path().strip_suffix('/').unwrap_or(issuer.path());
    let mut paths = vec![
        format!("{path}{WELL_KNOWN}openid-configuration"),
        format!("{WELL_KNOWN}oauth-authorization-server{path}"),
        format!("{WELL_KNOWN}openid-configuration{path}"),
    ];
    // Without a path the first and the last are the same.
    if path.is_empty() {
        paths.pop();
    }
    let at = |path: String| {
        let mut url = issuer.as_url().clone();
        url.set_path(&path);
        HttpUrl::parse(url.as_str())
    };
    paths.into_iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<String> {
        Issuer::parse(text).unwrap().locations().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn openid_connect_appends_and_rfc_8414_inserts() {
        for text in ["https://a.example:8443/t/1", "https://a.example:8443/t/1/"] {
            assert_eq!(
                places(text),
                [
                    "https://a.example:8443/t/1/.well-known/openid-configuration",
                    "https://a.example:8443/.well-known/oauth-authorization-server/t/1",
                    "https://a.example:8443/.well-known/openid-configuration/t/1",
                ]
            );
        }
    }

    #[test]
    fn an_issuer_without_a_path_has_two_places() {
        for text in ["https://a.example", "https://a.example/"] {
            assert_eq!(
                places(text),
                [
                    "https://a.example/.well-known/openid-configuration",
                    "https://a.example/.well-known/oauth-authorization-server",
                ]
            );
        }
    }

    #[test]
    fn an_encoded_path_is_not_encoded_again() {
        assert_eq!(places("https://a.example/t%2F1")[0], "https://a.example/t%2F1/.well-known/openid-configuration");
    }

    #[test]
    fn an_issuer_is_kept_as_it_was_written() {
        for text in ["https://a.example", "https://a.example/", "HTTPS://A.example:443", "https://a.example/t/"] {
            assert_eq!(Issuer::parse(text).unwrap().to_string(), text);
        }
        assert_ne!(Issuer::parse("https://a.example"), Issuer::parse("https://a.example/"));
    }

    #[test]
    fn an_issuer_is_a_plain_web_address_that_no_document_stands_at() {
        let refusals = [
            ("https://a.example/?", "query"),
            ("https://a.example?tenant=1", "query"),
            ("https://a.example/#f", "fragment"),
            ("https://u:p@a.example/", "user name"),
            ("ftp://a.example/", "https://"),
            ("a.example", "absolute"),
            ("https://a.example/t\n", "white space"),
            ("https://a.example/.well-known/openid-configuration", "metadata document"),
        ];
        for (text, why) in refusals {
            let error = Issuer::parse(text).unwrap_err();
            assert_eq!((error.path, error.code), (vec!["issuer".to_owned()], "INVALID_URL"), "{text}");
            assert!(error.message.contains(why), "{text}: {}", error.message);
        }
    }

    #[test]
    fn the_longest_issuer_has_places_even_if_encoding_triples_it() {
        let edge = format!("https://a/{}", "ä".repeat((ISSUER_BYTES_MAX - "https://a/".len()) / 2));
        assert_eq!(edge.len(), ISSUER_BYTES_MAX);
        assert_eq!(Issuer::parse(&edge).unwrap().locations().len(), 3);
        assert!(Issuer::parse(&format!("{edge}b")).unwrap_err().message.contains("2,048"));
    }

    #[test]
    fn another_spelling_leads_to_the_same_place() {
        let issuer = Issuer::parse("https://a.example").unwrap();
        for other in ["https://a.example/", "https://A.example", "https://a.example:443"] {
            assert!(issuer.differs_in_spelling_only(other), "{other}");
        }
        for other in ["https://a.example", "https://b.example", "https://a.example/t", "http://a.example", "nonsense"] {
            assert!(!issuer.differs_in_spelling_only(other), "{other}");
        }
    }
}
