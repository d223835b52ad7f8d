//! What a metadata document says (RFC 8414 §2, OpenID Connect Discovery §3, RFC 8705 §5, RFC 9449 §5.1), as a pure function.
//!
//! Only what a client without users needs is read. An authorization server for such clients has neither an authorization
//! endpoint nor ID tokens, so what OpenID Connect requires of a provider is not required here.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::HttpUrl;

/// Most names in one list of the metadata.
pub const NAMES_MAX: usize = 64;
/// Longest name in such a list, in characters.
pub const NAME_LENGTH_MAX: usize = 100;

/// What stood where metadata was looked for. Its text continues a sentence that begins with the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An answer with another status than 200.
    Status(u16),
    /// HTML or XML: many sites answer so wherever they have nothing.
    Page,
    /// 200 and no body.
    Empty,
    /// Bytes that are not UTF-8.
    NotText,
    /// JSON without its end.
    CutOff,
    /// Text that is not JSON.
    NotJson,
    /// JSON that is not an object.
    NotAnObject,
    /// An object with a member of ours twice: two readers may take different ones.
    Repeated,
    /// An object without this member.
    Missing(&'static str),
    /// A member that is not what it must be.
    Unfit {
        /// The member's name.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A member that is no URL which Latchkey sends to.
    NotUrl {
        /// The member's name.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

impl Finding {
    /// Whether it means that nothing stands there, so that the next place is worth a look.
    ///
    /// A server that fails for now is not such a finding: what is pinned must not depend on a moment's failure.
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::Status(_) | Self::Page | Self::Empty => true,
            Self::NotText
            | Self::CutOff
            | Self::NotJson
            | Self::NotAnObject
            | Self::Repeated
            | Self::Missing(_)
            | Self::Unfit { .. }
            | Self::NotUrl { .. } => false,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status @ 300..=399) => write!(f, "answered {status}, and redirects are not followed"),
            Self::Status(status) => write!(f, "answered {status}"),
            Self::Page => f.write_str("answered with an HTML or XML page"),
            Self::Empty => f.write_str("answered with an empty body"),
            Self::NotText => f.write_str("answered with bytes that are not UTF-8 text"),
            Self::CutOff => f.write_str("answered with JSON that is cut off"),
            Self::NotJson => f.write_str("answered with text that is not JSON"),
            Self::NotAnObject => f.write_str("answered with JSON that is not an object"),
            Self::Repeated => f.write_str("has a member twice"),
            Self::Missing(field) => write!(f, "has no {field}"),
            Self::Unfit { field, expected } => write!(f, "has a {field} that is not {expected}"),
            Self::NotUrl { field, why } => write!(f, "has a {field} that can't be used: it {why}"),
        }
    }
}

/// The members that are read, unjudged: judging them one by one names the one that is wrong, and without its value.
#[derive(Deserialize)]
pub(super) struct Document {
    issuer: Option<Value>,
    token_endpoint: Option<Value>,
    mtls_endpoint_aliases: Option<Value>,
    grant_types_supported: Option<Value>,
    token_endpoint_auth_methods_supported: Option<Value>,
    token_endpoint_auth_signing_alg_values_supported: Option<Value>,
    dpop_signing_alg_values_supported: Option<Value>,
}

/// What the server says that it can do; `None` where it says nothing.
pub(super) struct Capabilities {
    pub(super) grant_types: Option<Vec<String>>,
    pub(super) auth_methods: Option<Vec<String>>,
    pub(super) signing_algorithms: Option<Vec<String>>,
    pub(super) dpop_algorithms: Option<Vec<String>>,
}

impl Document {
    /// Reads the body by its looks: the content type is wrong too often.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Finding> {
        let text = std::str::from_utf8(body).map_err(|_| Finding::NotText)?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(Finding::Empty);
        }
        if text.starts_with('<') {
            return Err(Finding::Page);
        }
        // The derived reader takes an array for a struct as well.
        if !text.starts_with('{') {
            return Err(serde_json::from_str::<Value>(text).map_or_else(|error| flaw(&error), |_| Finding::NotAnObject));
        }
        serde_json::from_str(text).map_err(|error| flaw(&error))
    }

    pub(super) fn issuer(&self) -> Result<&str, Finding> {
        match &self.issuer {
            Some(Value::String(issuer)) => Ok(issuer),
            Some(_) => Err(Finding::Unfit { field: "issuer", expected: "text" }),
            None => Err(Finding::Missing("issuer")),
        }
    }

    pub(super) fn token_endpoint(&self) -> Result<HttpUrl, Finding> {
        let Some(value) = &self.token_endpoint else { return Err(Finding::Missing(TOKEN_ENDPOINT)) };
        url(TOKEN_ENDPOINT, value)
    }

    pub(super) fn mtls_token_endpoint(&self) -> Result<Option<HttpUrl>, Finding> {
        match &self.mtls_endpoint_aliases {
            None => Ok(None),
            Some(Value::Object(aliases)) => match aliases.get(TOKEN_ENDPOINT) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => url(MTLS_TOKEN_ENDPOINT, value).map(Some),
            },
            Some(_) => Err(Finding::Unfit { field: "mtls_endpoint_aliases", expected: "an object" }),
        }
    }

    pub(super) fn capabilities(self) -> Result<Capabilities, Finding> {
        Ok(Capabilities {
            grant_types: names("grant_types_supported", self.grant_types_supported)?,
            auth_methods: names("token_endpoint_auth_methods_supported", self.token_endpoint_auth_methods_supported)?,
            signing_algorithms: names(
                "token_endpoint_auth_signing_alg_values_supported",
                self.token_endpoint_auth_signing_alg_values_supported,
            )?,
            dpop_algorithms: names("dpop_signing_alg_values_supported", self.dpop_signing_alg_values_supported)?,
        })
    }
}

pub(super) const TOKEN_ENDPOINT: &str = "token_endpoint";
pub(super) const MTLS_TOKEN_ENDPOINT: &str = "mtls_endpoint_aliases.token_endpoint";

/// The reader's own message is not passed on: it quotes what it read.
fn flaw(error: &serde_json::Error) -> Finding {
    match error.classify() {
        serde_json::error::Category::Eof => Finding::CutOff,
        serde_json::error::Category::Data => Finding::Repeated,
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => Finding::NotJson,
    }
}

fn url(field: &'static str, value: &Value) -> Result<HttpUrl, Finding> {
    let Value::String(text) = value else { return Err(Finding::Unfit { field, expected: "text" }) };
    HttpUrl::parse(text).map_err(|error| Finding::NotUrl { field, why: error.message })
}

fn names(field: &'static str, value: Option<Value>) -> Result<Option<Vec<String>>, Finding> {
    let Some(value) = value else { return Ok(None) };
    let is_name = |name: &String| name.chars().count() <= NAME_LENGTH_MAX && !name.chars().any(char::is_control);
    match serde_json::from_value::<Vec<String>>(value) {
        Ok(names) if names.len() <= NAMES_MAX && names.iter().all(is_name) => Ok(Some(names)),
        Ok(_) | Err(_) => {
            Err(Finding::Unfit { field, expected: "a list of at most 64 names of at most 100 characters each" })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(body: impl AsRef<[u8]>) -> Finding {
        Document::parse(body.as_ref()).map(|_| ()).expect_err("not a document")
    }

    fn names_of(list: &Value) -> Result<Option<Vec<String>>, Finding> {
        let document = Document::parse(json!({ "grant_types_supported": list }).to_string().as_bytes()).unwrap();
        document.capabilities().map(|capabilities| capabilities.grant_types)
    }

    #[test]
    fn what_is_no_document_is_told_apart() {
        assert_eq!(found(""), Finding::Empty);
        assert_eq!(found(" \r\n"), Finding::Empty);
        assert_eq!(found(b"\xff\xfe{}"), Finding::NotText);
        assert_eq!(found("\n<!doctype html><p>Not here</p>"), Finding::Page);
        assert_eq!(found(r#"{"issuer":"https://a.exam"#), Finding::CutOff);
        assert_eq!(found("{'issuer':1}"), Finding::NotJson);
        assert_eq!(found("{} {}"), Finding::NotJson);
        assert_eq!(found("issuer=https://a.example"), Finding::NotJson);
        assert_eq!(found(r#"["https://a.example","https://a.example/token"]"#), Finding::NotAnObject);
        assert_eq!(found(r#""https://a.example""#), Finding::NotAnObject);
        assert_eq!(found(r#"{"issuer":"https://a.example","issuer":"https://b.example"}"#), Finding::Repeated);
    }

    #[test]
    fn nesting_without_end_is_refused_and_overflows_nothing() {
        let deep = "[".repeat(500_000);
        assert_eq!(found(&deep), Finding::NotJson);
        assert_eq!(found(format!("{{\"issuer\":{deep}")), Finding::NotJson);
        assert_eq!(found(format!("{{\"of_no_interest\":{deep}")), Finding::CutOff);
    }

    #[test]
    fn null_is_the_same_as_nothing() {
        let document =
            Document::parse(br#"{"issuer":null,"token_endpoint":null,"mtls_endpoint_aliases":null}"#).unwrap();
        assert_eq!(document.issuer(), Err(Finding::Missing("issuer")));
        assert_eq!(document.token_endpoint(), Err(Finding::Missing("token_endpoint")));
        assert_eq!(document.mtls_token_endpoint(), Ok(None));
        let aliases = Document::parse(br#"{"mtls_endpoint_aliases":{"token_endpoint":null}}"#).unwrap();
        assert_eq!(aliases.mtls_token_endpoint(), Ok(None));
        assert_eq!(names_of(&Value::Null), Ok(None));
    }

    #[test]
    fn an_endpoint_is_a_plain_web_address() {
        for bad in ["", "/token", "ftp://a.example/", "https://u:p@a.example/", "https://a.example/#f"] {
            let document = Document::parse(json!({ "token_endpoint": bad }).to_string().as_bytes()).unwrap();
            let finding = document.token_endpoint().unwrap_err();
            assert!(matches!(finding, Finding::NotUrl { field: "token_endpoint", .. }), "{bad}: {finding:?}");
        }
    }

    #[test]
    fn a_list_has_as_many_names_as_fit_and_not_one_more() {
        let list = |count: usize| json!(vec!["x".repeat(NAME_LENGTH_MAX); count]);
        assert_eq!(names_of(&list(NAMES_MAX)).unwrap().unwrap().len(), NAMES_MAX);
        assert!(names_of(&list(NAMES_MAX + 1)).is_err());
        assert!(names_of(&json!(["x".repeat(NAME_LENGTH_MAX + 1)])).is_err());
        for bad in [json!(["a\nb"]), json!([1]), json!("client_credentials"), json!({ "a": "b" }), json!(true)] {
            let finding = names_of(&bad).unwrap_err();
            assert!(matches!(finding, Finding::Unfit { field: "grant_types_supported", .. }), "{bad}");
        }
    }
}
