//! The HTTP request that a caller wants made, checked before anything is recorded or sent.

use serde::{Deserialize, Serialize};

use super::definition::{PARAMETERS_MAX, Parameter};
use super::{FieldError, HttpUrl, Key};

/// Most headers on one request.
pub const HEADERS_MAX: usize = 100;
/// Longest header value in bytes.
pub const HEADER_VALUE_BYTES_MAX: usize = 8_192;
/// Largest request body in bytes.
pub const REQUEST_BODY_BYTES_MAX: usize = 1_048_576;
/// Longest a request may take as a whole, in milliseconds.
pub const TIMEOUT_MS_MAX: u64 = 300_000;
/// How long a request may take unless the caller says otherwise, in milliseconds.
pub const TIMEOUT_MS_DEFAULT: u64 = 30_000;
/// How long a request that may be repeated may take unless the caller says otherwise, in milliseconds: five repetitions
/// wait for up to about two minutes, and each attempt takes its own time.
pub const TIMEOUT_WITH_RETRIES_MS_DEFAULT: u64 = TIMEOUT_MS_MAX;
/// Longest idempotency key in characters.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 255;

/// Headers that belong to the connection between two machines, or that the client sets itself (RFC 9110 §7.6.1).
const CLIENT_OWNED_HEADERS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// AireGlu's eight methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum HttpMethod {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Trace,
}

impl HttpMethod {
    /// The method as it travels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
        }
    }

    /// Whether the method may carry a body; RFC 9110 §9.3.8 forbids one on TRACE.
    pub fn allows_body(self) -> bool {
        !matches!(self, Self::Trace)
    }

    /// Whether doing it twice is meant to be the same as doing it once (RFC 9110 §9.2.2).
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

/// AireGlu's *Retry external requests on failure*.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetryOnFailure {
    /// One attempt.
    #[default]
    Never,
    /// When the API can't take the repetition for a second wish: an idempotent method, or an `Idempotency-Key` header.
    WhenSafe,
    /// Whatever the method: the caller insists.
    Always,
}

impl RetryOnFailure {
    /// How long a request may take unless the caller says otherwise, in milliseconds.
    pub fn timeout_ms_default(self) -> u64 {
        match self {
            Self::Never => TIMEOUT_MS_DEFAULT,
            Self::WhenSafe | Self::Always => TIMEOUT_WITH_RETRIES_MS_DEFAULT,
        }
    }
}

/// The HTTP request that a caller wants made.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Method.
    pub method: HttpMethod,
    /// Where to, the query included.
    pub url: HttpUrl,
    /// In the caller's order; names may repeat.
    pub headers: Vec<Header>,
    /// Bytes as they travel.
    pub body: Option<Vec<u8>>,
    /// Auth Type.
    pub authorization: Authorization,
    /// For everything: token, retries, answer. In milliseconds.
    pub timeout_ms: u64,
    /// Whether redirects of the API are followed.
    pub follow_redirects: bool,
    /// Whether it is sent again after a failure that may pass by itself.
    pub retry: RetryOnFailure,
    /// Names the call, so that it is made at most once.
    pub idempotency_key: Option<String>,
    /// Key of the HTTP Request Task that this is a run of.
    pub task: Option<Key>,
}

/// A header as the caller wrote it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Any case.
    pub name: String,
    /// Visible characters, spaces and tabs.
    pub value: String,
}

/// AireGlu's *Auth Type*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Authorization {
    /// The request travels as it is.
    None,
    /// A connection's token is injected.
    ClientConnection {
        /// Which connection.
        key: Key,
        /// Merged over the connection's own parameters, by name and placement.
        parameter_overrides: Vec<Parameter>,
        /// Whether a cached token must not be used.
        force_new_token: bool,
    },
}

impl HttpRequest {
    /// Checks everything but the address.
    ///
    /// # Errors
    /// The first field that is wrong, by the name it has in the GraphQL input.
    pub fn validate(&self) -> Result<(), FieldError> {
        if self.headers.len() > HEADERS_MAX {
            return Err(FieldError::at("headers", "TOO_MANY", "must have at most 100 entries"));
        }
        for (index, header) in self.headers.iter().enumerate() {
            self.validate_header(index, header)?;
        }
        if let Some(body) = &self.body {
            if body.len() > REQUEST_BODY_BYTES_MAX {
                return Err(FieldError::at("body", "TOO_LARGE", "must have at most 1,048,576 bytes"));
            }
            if !self.method.allows_body() {
                return Err(FieldError::at("body", "NOT_ALLOWED", "a TRACE request has no body (RFC 9110 §9.3.8)"));
            }
        }
        if !(1..=TIMEOUT_MS_MAX).contains(&self.timeout_ms) {
            return Err(FieldError::at("timeout", "OUT_OF_RANGE", "must be more than 0 and at most 5 minutes"));
        }
        if let Some(key) = &self.idempotency_key {
            super::field::text("idempotencyKey", key, 1, IDEMPOTENCY_KEY_LENGTH_MAX)?;
        }
        if self.method == HttpMethod::Trace && self.authorization != Authorization::None {
            // RFC 9110 §9.3.8: the answer repeats the request's headers, the token among them.
            let message = "a TRACE request must not carry credentials (RFC 9110 §9.3.8); choose Auth Type none";
            return Err(FieldError::at("method", "NOT_ALLOWED", message));
        }
        match &self.authorization {
            Authorization::None => Ok(()),
            Authorization::ClientConnection { parameter_overrides, .. } => super::definition::validate_parameters(
                "authorization.clientConnection.parameterOverrides",
                parameter_overrides,
            ),
        }
    }

    /// Whether the request may be sent again after a failure that may pass by itself.
    pub fn may_be_repeated(&self) -> bool {
        let is_named =
            |header: &Header| header.name.eq_ignore_ascii_case("idempotency-key") && !header.value.is_empty();
        match self.retry {
            RetryOnFailure::Never => false,
            RetryOnFailure::WhenSafe => self.method.is_idempotent() || self.headers.iter().any(is_named),
            RetryOnFailure::Always => true,
        }
    }

    fn validate_header(&self, index: usize, header: &Header) -> Result<(), FieldError> {
        let name_path = format!("headers.{index}.name");
        let name = header.name.to_ascii_lowercase();
        header_name(&name_path, &name)?;
        if name == "authorization" && self.authorization != Authorization::None {
            return Err(FieldError::at(
                &name_path,
                "AUTHORIZATION_CONFLICT",
                "the connection sets Authorization; drop this header or choose Auth Type none",
            ));
        }
        // A proof belongs to a token, and the token is the connection's.
        if name == "dpop" && self.authorization != Authorization::None {
            return Err(FieldError::at(
                &name_path,
                "AUTHORIZATION_CONFLICT",
                "the connection decides on DPoP; drop this header or choose Auth Type none",
            ));
        }
        let value = header.value.as_bytes();
        let visible = value.iter().all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f));
        if !visible || value.len() > HEADER_VALUE_BYTES_MAX {
            return Err(FieldError::at(
                &format!("headers.{index}.value"),
                "INVALID_HEADER",
                "must have at most 8,192 bytes and no control characters",
            ));
        }
        Ok(())
    }
}

/// Checks a lower-case header name: an RFC 9110 §5.6.2 token that Latchkey does not set itself.
///
/// # Errors
/// `INVALID_HEADER` or `RESERVED` at `path`.
pub fn header_name(path: &str, name: &str) -> Result<(), FieldError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > 256 || !name.bytes().all(is_token) {
        return Err(FieldError::at(path, "INVALID_HEADER", "is not a header name (RFC 9110 §5.6.2)"));
    }
    if CLIENT_OWNED_HEADERS.contains(&name) {
        return Err(FieldError::at(path, "RESERVED", format!("{name} is set by Latchkey itself")));
    }
    Ok(())
}

/// Merges a request's overrides over a connection's parameters.
///
/// A name that is overridden in a placement loses all the values that the connection has for it there; repeated names
/// within the overrides are kept (RFC 8707 sends `resource` more than once). An empty `scope` or value is left out
/// by the token request, so overriding with an empty value removes a parameter.
pub fn merge_parameters(own: &[Parameter], overrides: &[Parameter]) -> Vec<Parameter> {
    let merged = override_parameters(own, overrides).into_iter().filter(|parameter| !parameter.value.is_empty());
    merged.take(3 * PARAMETERS_MAX).collect()
}

/// Puts overrides over other overrides: as [`merge_parameters`], but a parameter that is to be removed stays in the list.
pub fn override_parameters(own: &[Parameter], overrides: &[Parameter]) -> Vec<Parameter> {
    let is_overridden = |parameter: &&Parameter| {
        overrides.iter().any(|o| o.name == parameter.name && o.placement == parameter.placement)
    };
    own.iter().filter(|parameter| !is_overridden(parameter)).chain(overrides).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::definition::ParameterPlacement;
    use super::*;

    fn parameter(name: &str, value: &str) -> Parameter {
        Parameter { name: name.into(), value: value.into(), placement: ParameterPlacement::Body }
    }

    fn request() -> HttpRequest {
        HttpRequest {
            method: HttpMethod::Get,
            url: HttpUrl::parse("https://api.example.com/").unwrap(),
            headers: vec![],
            body: None,
            authorization: Authorization::None,
            timeout_ms: TIMEOUT_MS_DEFAULT,
            follow_redirects: false,
            retry: RetryOnFailure::Never,
            idempotency_key: None,
            task: None,
        }
    }

    fn with_header(name: &str, value: &str) -> Result<(), &'static str> {
        let headers = vec![Header { name: name.into(), value: value.into() }];
        HttpRequest { headers, ..request() }.validate().map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_header_can_neither_smuggle_nor_take_what_is_ours() {
        assert_eq!(with_header("X-Trace", "a b\tc é"), Ok(()));
        assert_eq!(with_header("X-Trace", "a\r\nEvil: 1"), Err("INVALID_HEADER"));
        assert_eq!(with_header("X Trace", "a"), Err("INVALID_HEADER"));
        assert_eq!(with_header("Host", "a"), Err("RESERVED"));
        assert_eq!(with_header("Transfer-Encoding", "chunked"), Err("RESERVED"));
        assert_eq!(with_header("Authorization", "Basic x"), Ok(()));
    }

    #[test]
    fn a_callers_authorization_conflicts_with_a_connection() {
        let key = Key::parse("my-client").unwrap();
        let authorization =
            Authorization::ClientConnection { key, parameter_overrides: vec![], force_new_token: false };
        for name in ["authorization", "DPoP"] {
            let headers = vec![Header { name: name.into(), value: "x".into() }];
            let authorization = authorization.clone();
            let refusal = HttpRequest { headers, authorization, ..request() }.validate().unwrap_err();
            assert_eq!(refusal.code, "AUTHORIZATION_CONFLICT");
        }
        assert_eq!(with_header("DPoP", "x"), Ok(()));
    }

    #[test]
    fn a_trace_with_a_token_is_refused_because_its_answer_would_repeat_it() {
        let key = Key::parse("my-client").unwrap();
        let authorization =
            Authorization::ClientConnection { key, parameter_overrides: vec![], force_new_token: false };
        let trace = HttpRequest { method: HttpMethod::Trace, ..request() };
        assert_eq!(trace.validate(), Ok(()));
        assert_eq!(HttpRequest { authorization, ..trace }.validate().unwrap_err().code, "NOT_ALLOWED");
    }

    #[test]
    fn a_request_is_repeated_only_when_wanted_and_safe_or_insisted_upon() {
        let may = |method, retry, header: &str| {
            let headers = vec![Header { name: header.into(), value: "1".into() }];
            HttpRequest { method, headers, retry, ..request() }.may_be_repeated()
        };
        assert!(!may(HttpMethod::Get, RetryOnFailure::Never, "Idempotency-Key"));
        for method in [HttpMethod::Get, HttpMethod::Head, HttpMethod::Put, HttpMethod::Delete, HttpMethod::Options] {
            assert!(may(method, RetryOnFailure::WhenSafe, "x"));
        }
        for method in [HttpMethod::Post, HttpMethod::Patch] {
            assert!(!may(method, RetryOnFailure::WhenSafe, "x"));
            assert!(may(method, RetryOnFailure::WhenSafe, "idempotency-KEY"));
            assert!(may(method, RetryOnFailure::Always, "x"));
        }
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let sized = |bytes| HttpRequest { method: HttpMethod::Post, body: Some(vec![0; bytes]), ..request() };
        assert_eq!(sized(REQUEST_BODY_BYTES_MAX).validate(), Ok(()));
        assert_eq!(sized(REQUEST_BODY_BYTES_MAX + 1).validate().unwrap_err().code, "TOO_LARGE");
        let timed = |timeout_ms| HttpRequest { timeout_ms, ..request() }.validate().is_ok();
        assert!(timed(TIMEOUT_MS_MAX) && timed(1) && !timed(0) && !timed(TIMEOUT_MS_MAX + 1));
        assert_eq!(with_header("x", &"v".repeat(HEADER_VALUE_BYTES_MAX)), Ok(()));
        assert_eq!(with_header("x", &"v".repeat(HEADER_VALUE_BYTES_MAX + 1)), Err("INVALID_HEADER"));
    }

    #[test]
    fn overrides_replace_by_name_and_keep_repeats() {
        let own = [parameter("scope", "read"), parameter("resource", "a"), parameter("tenant", "t")];
        let overrides = [parameter("resource", "b"), parameter("resource", "c"), parameter("tenant", "")];
        let merged = merge_parameters(&own, &overrides);
        assert_eq!(merged, [parameter("scope", "read"), parameter("resource", "b"), parameter("resource", "c")]);
    }
}
