//! The cookie of a session: its name, and the one place where it is read and written.

use actix_web::http::header::{COOKIE, HeaderMap};
use secrecy::{ExposeSecret, SecretString};

use crate::server::origin::Scheme;

/// The longest value that is looked at, in bytes: ours have 43.
const VALUE_BYTES_MAX: usize = 64;

/// The cookie by which a session is carried over one scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionCookie {
    name: &'static str,
    attributes: &'static str,
}

impl SessionCookie {
    /// Over https a browser holds `__Host-` to its promises (RFC 6265bis §4.1.3.2): no other host, and no page without TLS,
    /// can have set it. Over http, as in a network of one's own or on a browser's own machine, browsers refuse both the
    /// prefix and `Secure`.
    pub(super) fn of(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Https => Self { name: "__Host-latchkey", attributes: "Path=/; HttpOnly; Secure; SameSite=Strict" },
            Scheme::Http => Self { name: "latchkey", attributes: "Path=/; HttpOnly; SameSite=Strict" },
        }
    }

    /// The value in a request. Two of them can't be believed: one was set by somebody else.
    ///
    /// Read as bytes, because another program on this host may have set a cookie that is no text, and cookies know no ports.
    pub(super) fn value(self, headers: &HeaderMap) -> Option<&str> {
        let pairs = headers.get_all(COOKIE).flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let mut values =
            pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(self.name.as_bytes())?.strip_prefix(b"="));
        let value = values.next().filter(|value| !value.is_empty() && value.len() <= VALUE_BYTES_MAX);
        if values.next().is_some() { None } else { std::str::from_utf8(value?).ok() }
    }

    /// Makes a browser keep a value for so many seconds.
    pub(super) fn keep(self, value: &SecretString, seconds: u64) -> String {
        let Self { name, attributes } = self;
        format!("{name}={}; {attributes}; Max-Age={seconds}", value.expose_secret())
    }

    /// Makes a browser forget it.
    pub(super) fn forget(self) -> String {
        let Self { name, attributes } = self;
        format!("{name}=; {attributes}; Max-Age=0")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn value(scheme: Scheme, lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
        }
        SessionCookie::of(scheme).value(&headers).map(str::to_owned)
    }

    #[test]
    fn each_scheme_has_its_own_name() {
        let both = ["other=1; latchkey=plain; __Host-latchkey=safe;x"];
        assert_eq!(value(Scheme::Http, &both).as_deref(), Some("plain"));
        assert_eq!(value(Scheme::Https, &both).as_deref(), Some("safe"));
        assert_eq!(value(Scheme::Https, &["latchkey=plain"]), None);
        assert_eq!(value(Scheme::Http, &["__Host-latchkey=safe"]), None);
        assert_eq!(value(Scheme::Http, &["Latchkey=plain", "xlatchkey=1"]), None);
    }

    #[test]
    fn two_of_one_name_are_none() {
        for lines in [&["latchkey=a; latchkey=a"][..], &["latchkey=a", "x=1; latchkey=b"], &["latchkey=; latchkey=b"]] {
            assert_eq!(value(Scheme::Http, lines), None, "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_beside_it_may_be_any_bytes() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_bytes(b"theme=\xe9t\xe9; latchkey=a; x=\xff").unwrap());
        assert_eq!(SessionCookie::of(Scheme::Http).value(&headers), Some("a"));
    }

    #[test]
    fn a_value_is_looked_at_up_to_its_limit() {
        let longest = "x".repeat(VALUE_BYTES_MAX);
        assert_eq!(value(Scheme::Http, &[&format!("latchkey={longest}")]), Some(longest.clone()));
        assert_eq!(value(Scheme::Http, &[&format!("latchkey={longest}x")]), None);
        assert_eq!(value(Scheme::Http, &["latchkey="]), None);
    }

    #[test]
    fn it_is_written_for_this_host_and_no_script() {
        let secret = SecretString::from("v");
        assert_eq!(
            SessionCookie::of(Scheme::Https).keep(&secret, 60),
            "__Host-latchkey=v; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=60"
        );
        assert_eq!(
            SessionCookie::of(Scheme::Http).keep(&secret, 60),
            "latchkey=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60"
        );
        assert_eq!(SessionCookie::of(Scheme::Http).forget(), "latchkey=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
