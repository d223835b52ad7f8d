//! Which web pages may talk to us.
//!
//! A browser says in `Origin` which page a request comes from, on cross-site POSTs and on every WebSocket. Programs that
//! are no browsers send none and are let pass: they are stopped by authentication, not here.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN};
use url::Url;

/// An `Origin` header names a page that may not use this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the origin of the request is not allowed")]
pub struct OriginRefused;

/// An entry of the configuration is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin: write it like `https://app.example.com`, without a path")]
pub struct NotAnOrigin(pub String);

/// The origins that are allowed beside the server's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins {
    others: Vec<String>,
}

impl AllowedOrigins {
    /// Takes origins as a person writes them: `https://app.example.com`, `http://localhost:5173`.
    ///
    /// # Errors
    /// [`NotAnOrigin`] for anything with a path, a query, user information, or another scheme than http and https.
    pub fn new<T: AsRef<str>>(origins: &[T]) -> Result<Self, NotAnOrigin> {
        let parsed = origins.iter().map(|text| {
            let text = text.as_ref();
            let url = web_origin(text).ok_or_else(|| NotAnOrigin(text.to_owned()))?;
            Ok(url.origin().ascii_serialization())
        });
        Ok(Self { others: parsed.collect::<Result<_, _>>()? })
    }

    /// Lets a request pass that has no `Origin`, one of the same host and port as `Host`, or an allowed one.
    ///
    /// The scheme is not compared with our own, because TLS may end at a proxy; it decides only what the default port is.
    /// The request target's authority comes before `Host` (RFC 9112, 3.2.2), and HTTP/2 has nothing else.
    pub fn check(&self, request: &HttpRequest) -> Result<(), OriginRefused> {
        let Some(url) = sent(request)? else { return Ok(()) };
        if is_own(request, &url) || self.others.contains(&url.origin().ascii_serialization()) {
            return Ok(());
        }
        Err(OriginRefused)
    }
}

/// What a browser reaches us by, whatever stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS, which may end at a proxy.
    Https,
}

/// The scheme by which one of our own pages sends a request. `None` for every other page, configured ones included, and
/// for a request without an `Origin`, about which nothing is known.
pub fn own(request: &HttpRequest) -> Option<Scheme> {
    let url = sent(request).ok()??;
    let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
    is_own(request, &url).then_some(scheme)
}

/// The request's one `Origin`, if it has any.
fn sent(request: &HttpRequest) -> Result<Option<Url>, OriginRefused> {
    let mut sent = request.headers().get_all(ORIGIN);
    match (sent.next(), sent.next()) {
        (None, _) => Ok(None),
        (Some(origin), None) => origin.to_str().ok().and_then(web_origin).map(Some).ok_or(OriginRefused),
        (Some(_), Some(_)) => Err(OriginRefused),
    }
}

fn is_own(request: &HttpRequest, origin: &Url) -> bool {
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(HOST).and_then(|host| host.to_str().ok()),
    };
    host.is_some_and(|host| is_same_host(origin, host))
}

/// `null`, which a browser sends for a sandboxed page or a file, is no origin of ours.
fn web_origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && is_bare && is_anonymous).then_some(url)
}

fn is_same_host(origin: &Url, host: &str) -> bool {
    // Read with the origin's scheme, so that `Host: a` and `Host: a:443` both equal `https://a`.
    web_origin(&format!("{}://{host}", origin.scheme())).is_some_and(|ours| ours.origin() == origin.origin())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(allowed: &[&str], host: &'static str, origins: &[&'static str]) -> Result<(), OriginRefused> {
        let mut request = TestRequest::default().insert_header((HOST, host));
        for origin in origins {
            request = request.append_header((ORIGIN, *origin));
        }
        AllowedOrigins::new(allowed).unwrap().check(&request.to_http_request())
    }

    #[test]
    fn no_origin_passes() {
        assert!(check(&[], "a.example", &[]).is_ok());
    }

    #[test]
    fn the_same_host_and_port_pass() {
        assert!(check(&[], "a.example", &["https://a.example"]).is_ok());
        assert!(check(&[], "a.example:443", &["https://a.example"]).is_ok());
        assert!(check(&[], "A.Example", &["http://a.example"]).is_ok());
        assert!(check(&[], "127.0.0.1:8080", &["http://127.0.0.1:8080"]).is_ok());
        assert!(check(&[], "[::1]:8080", &["http://[::1]:8080"]).is_ok());
    }

    #[test]
    fn the_authority_of_the_target_comes_before_host() {
        let check = |origin: &str| {
            let target = TestRequest::with_uri("https://a.example/graphql").insert_header((HOST, "b.example"));
            AllowedOrigins::default().check(&target.insert_header((ORIGIN, origin)).to_http_request())
        };
        assert_eq!(check("https://a.example"), Ok(()));
        assert_eq!(check("https://b.example"), Err(OriginRefused));
    }

    #[test]
    fn another_host_port_or_scheme_is_refused() {
        for origin in [
            "https://b.example",
            "https://a.example:8443",
            "https://a.example.b.example",
            "null",
            "file://",
            "https://a.example/path",
            "chrome-extension://a.example",
            "",
        ] {
            assert_eq!(check(&[], "a.example", &[origin]), Err(OriginRefused), "{origin}");
        }
        assert_eq!(check(&[], "", &["https://a.example"]), Err(OriginRefused));
        assert_eq!(check(&[], "x@a.example", &["https://a.example"]), Err(OriginRefused));
    }

    #[test]
    fn a_configured_origin_passes_with_its_own_scheme_only() {
        let allowed = ["https://app.example:443"];
        assert!(check(&allowed, "a.example", &["https://app.example"]).is_ok());
        assert_eq!(check(&allowed, "a.example", &["http://app.example"]), Err(OriginRefused));
    }

    #[test]
    fn two_origins_are_refused() {
        assert_eq!(check(&[], "a.example", &["https://a.example", "https://a.example"]), Err(OriginRefused));
    }

    #[test]
    fn our_own_pages_are_told_from_all_others() {
        let own = |host: &'static str, origins: &[&'static str]| {
            let mut request = TestRequest::default().insert_header((HOST, host));
            for origin in origins {
                request = request.append_header((ORIGIN, *origin));
            }
            own(&request.to_http_request())
        };
        assert_eq!(own("a.example", &["https://a.example"]), Some(Scheme::Https));
        assert_eq!(own("a.example:4000", &["http://a.example:4000"]), Some(Scheme::Http));
        for origins in [&[][..], &["https://b.example"], &["https://a.example:1"], &["null"], &["https://a.example"; 2]]
        {
            assert_eq!(own("a.example", origins), None, "{origins:?}");
        }
    }

    #[test]
    fn the_configuration_takes_origins_only() {
        for text in ["*", "app.example", "https://app.example/x", "https://u:p@app.example", "ftp://app.example"] {
            assert_eq!(AllowedOrigins::new(&[text]), Err(NotAnOrigin(text.to_owned())), "{text}");
        }
    }
}
