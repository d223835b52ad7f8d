//! Which hosts may receive a connection's token.

use serde::{Deserialize, Serialize};
use url::Host;

use super::{FieldError, HttpUrl};

/// A host that may receive the connection's token: `host`, `host:port` or `*.domain`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostRule {
    text: String,
    host: String,
    port: Option<u16>,
}

impl HostRule {
    /// Parses `host`, `host:port`, `[v6]:port` or `*.domain[:port]`.
    ///
    /// # Errors
    /// `INVALID_HOST` at `allowedHosts`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = || {
            FieldError::at(
                "allowedHosts",
                "INVALID_HOST",
                "a host is written `api.example.com`, `api.example.com:8443` or `*.example.com`",
            )
        };
        let (prefix, rest) = text.strip_prefix("*.").map_or(("", text), |rest| ("*.", rest));
        let url = HttpUrl::parse(&format!("http://{rest}/")).map_err(|_| wrong())?;
        let is_name = matches!(url.typed_host(), Some(Host::Domain(_)));
        // The URL parser takes `*` for a letter of a name.
        if rest.contains('*') || url.path() != "/" || url.as_url().query().is_some() || (!prefix.is_empty() && !is_name)
        {
            return Err(wrong());
        }
        // "http://a:80" loses its port in the parser, so the port is read from the text.
        let port = rest.rsplit_once(':').filter(|(_, digits)| !digits.ends_with(']')).map(|(_, digits)| digits.parse());
        let port = port.transpose().map_err(|_| wrong())?;
        Ok(Self { text: text.to_ascii_lowercase(), host: format!("{prefix}{}", url.host()), port })
    }

    /// Whether a URL's host and port are meant by this rule.
    pub fn matches(&self, url: &HttpUrl) -> bool {
        let host_matches = match self.host.strip_prefix("*.") {
            Some(domain) => is_below(domain, url.host()),
            None => url.host() == self.host,
        };
        host_matches && self.port.is_none_or(|port| port == url.port())
    }

    /// Whether every URL that `other` means is meant by this rule as well.
    pub fn covers(&self, other: &Self) -> bool {
        let port_is_covered = self.port.is_none_or(|port| other.port == Some(port));
        port_is_covered
            && match (self.host.strip_prefix("*."), other.host.strip_prefix("*.")) {
                (None, _) => self.host == other.host,
                (Some(domain), None) => is_below(domain, &other.host),
                (Some(domain), Some(narrower)) => domain == narrower || is_below(domain, narrower),
            }
    }

    /// The rule as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Whether `host` is a subdomain of `domain`.
fn is_below(domain: &str, host: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

impl TryFrom<String> for HostRule {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<HostRule> for String {
    fn from(rule: HostRule) -> Self {
        rule.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> HttpUrl {
        HttpUrl::parse(text).unwrap()
    }

    #[test]
    fn a_host_rule_means_exactly_that_host_and_port() {
        let rule = HostRule::parse("api.example.com").unwrap();
        assert!(rule.matches(&url("https://API.example.com/x")));
        assert!(rule.matches(&url("http://api.example.com:8080/")));
        assert!(!rule.matches(&url("https://evil-api.example.com/")));
        let rule = HostRule::parse("api.example.com:443").unwrap();
        assert!(rule.matches(&url("https://api.example.com/")));
        assert!(!rule.matches(&url("http://api.example.com/")));
        let rule = HostRule::parse("127.0.0.1:80").unwrap();
        assert!(rule.matches(&url("http://127.0.0.1/")));
        assert!(!rule.matches(&url("http://127.0.0.1:81/")));
        let rule = HostRule::parse("[::1]").unwrap();
        assert!(rule.matches(&url("http://[::1]:81/")));
    }

    #[test]
    fn a_wildcard_means_subdomains_only() {
        let rule = HostRule::parse("*.example.com").unwrap();
        assert!(rule.matches(&url("https://a.example.com/")));
        assert!(rule.matches(&url("https://a.b.example.com/")));
        assert!(!rule.matches(&url("https://example.com/")));
        assert!(!rule.matches(&url("https://.example.com/")));
        assert!(!rule.matches(&url("https://evilexample.com/")));
    }

    #[test]
    fn a_rule_covers_what_it_means_and_no_more() {
        let covers = |a: &str, b: &str| HostRule::parse(a).unwrap().covers(&HostRule::parse(b).unwrap());
        for (rule, other) in [
            ("a.example.com", "A.example.com"),
            ("a.example.com", "a.example.com:8443"),
            ("*.example.com", "a.example.com"),
            ("*.example.com", "*.example.com:443"),
            ("*.example.com", "*.b.example.com"),
            ("*.example.com:443", "a.example.com:443"),
        ] {
            assert!(covers(rule, other), "{rule} {other}");
        }
        for (rule, other) in [
            ("a.example.com", "b.example.com"),
            ("a.example.com", "*.a.example.com"),
            ("a.example.com:443", "a.example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", "*.com"),
            ("*.example.com", "*.evilexample.com"),
            ("*.b.example.com", "*.example.com"),
            ("*.example.com:443", "a.example.com"),
            ("*.example.com:443", "a.example.com:80"),
        ] {
            assert!(!covers(rule, other), "{rule} {other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_a_covered_rule_matches_the_covering_rule_matches(
            rule in r"(\*\.)?[ab](\.[ab]){0,2}(:8[01])?", other in r"(\*\.)?[ab](\.[ab]){0,2}(:8[01])?",
            host in r"[ab](\.[ab]){0,3}(:8[012])?",
        ) {
            let (rule, other) = (HostRule::parse(&rule).unwrap(), HostRule::parse(&other).unwrap());
            let target = url(&format!("http://{host}/"));
            proptest::prop_assert!(!rule.covers(&other) || !other.matches(&target) || rule.matches(&target));
        }
    }

    #[test]
    fn nonsense_is_not_a_host_rule() {
        for bad in ["", "*", "*.*.b", "a*.b", "*.127.0.0.1", "a/b", "http://a", "a:b", "a?b", "u@a", "a:70000"] {
            assert!(HostRule::parse(bad).is_err(), "{bad}");
        }
    }
}
