//! What an HTTP Request Task is made of: a saved request with variables, checked once when it is saved.
//!
//! A task has two parts. [`TaskDefinition`] is in the log for everybody who may read it. [`TaskValues`], everything that
//! may hold a secret (query, header values, body), is not: it is kept sealed, and the log has fingerprints of it.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::definition::{DISPLAY_NAME_LENGTH_MAX, PARAMETER_LENGTH_MAX, PARAMETERS_MAX};
use super::field::text;
use super::request::{Authorization, Header, HttpMethod, RetryOnFailure};
use super::template::Template;
use super::url::URL_BYTES_MAX;
use super::variables::{VARIABLES_MAX, Variables};
use super::{FieldError, HttpUrl, Key};

/// Longest name of an endpoint in characters.
pub const ENDPOINT_LENGTH_MAX: usize = 200;
/// Largest template of a body in bytes.
pub const BODY_TEMPLATE_BYTES_MAX: usize = super::request::REQUEST_BODY_BYTES_MAX;

/// What stands for the value of a header or of a pair of the query whose name says that it is a credential.
pub const MASK: &str = "••••";

/// What the names of headers and parameters that hold credentials have in them, without dashes and underscores.
const CREDENTIAL_WORDS: [&str; 10] = [
    "authorization",
    "cookie",
    "apikey",
    "accesskey",
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
    "signature",
];

/// Everything that a person decides about a task except its Key. `Debug` shows none of what may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct TaskTemplate {
    /// Display Name.
    pub display_name: String,
    /// Groups tasks.
    pub endpoint: Option<String>,
    /// Method.
    pub method: HttpMethod,
    /// A URL with variables in its path and query.
    pub url: String,
    /// Added to the URL's own query; values with variables.
    pub query: Vec<NameValue>,
    /// In order, names may repeat; values with variables.
    pub headers: Vec<Header>,
    /// With variables.
    pub body: Option<BodyTemplate>,
    /// Authorisation.
    pub authorization: Authorization,
    /// For everything, in milliseconds; the default of the request when absent.
    pub timeout_ms: Option<u64>,
    /// Whether redirects of the API are followed.
    pub follow_redirects: bool,
    /// Retry external requests on failure.
    pub retry: RetryOnFailure,
    /// The certificate that the request shows to the API.
    pub client_certificate: Option<ClientCertificate>,
}

/// Keys of the stored secrets that hold a client certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// Certificate and private key: PEM, or PKCS#12 in base64.
    pub secret: Key,
    /// What opens the PKCS#12.
    pub password: Option<Key>,
}

/// A name and a value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameValue {
    /// Not encoded, without variables.
    pub name: String,
    /// Not encoded, with variables.
    pub value: String,
}

/// A body with variables.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "content", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BodyTemplate {
    /// A text; its variables are escaped by the `Content-Type` header: as JSON, as a form, else not at all.
    Text(String),
    /// A JSON text.
    Json(String),
    /// Pairs that are encoded as a form.
    Form(Vec<NameValue>),
    /// Any bytes, in base64 with padding; no variables.
    Base64(String),
}

/// Which kind of body a task has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BodyKind {
    /// A text.
    Text,
    /// A JSON text.
    Json,
    /// A form.
    Form,
    /// Bytes.
    Base64,
}

/// What the log knows of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDefinition {
    /// Display Name.
    pub display_name: String,
    /// Groups tasks.
    pub endpoint: Option<String>,
    /// HTTP method.
    pub method: HttpMethod,
    /// `http` or `https`.
    pub scheme: String,
    /// Host, and port where the URL names one.
    pub host: String,
    /// Path with its variables, without the query.
    pub path: String,
    /// Names of the headers, lower-case, in order.
    pub header_names: Vec<String>,
    /// Which kind of body there is.
    pub body: Option<BodyKind>,
    /// Authorisation.
    pub authorization: Authorization,
    /// For everything, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether redirects of the API are followed.
    pub follow_redirects: bool,
    /// Retry external requests on failure.
    pub retry: RetryOnFailure,
    /// The certificate that the request shows to the API.
    pub client_certificate: Option<ClientCertificate>,
    /// What was sealed, part by part.
    pub fingerprints: Fingerprints,
}

/// Keyed fingerprints of a task's sealed parts: they tell that a part changed, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprints {
    /// Of the URL's query and the pairs that are added to it.
    pub query: Option<String>,
    /// Of the headers.
    pub headers: Option<String>,
    /// Of the body.
    pub body: Option<String>,
}

/// What is kept sealed of a task.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskValues {
    /// The URL's own query, with variables.
    pub url_query: Option<String>,
    /// Added to it.
    pub query: Vec<NameValue>,
    /// Names as they were typed, values with variables.
    pub headers: Vec<Header>,
    /// With variables.
    pub body: Option<BodyTemplate>,
}

impl std::fmt::Debug for TaskTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskTemplate").field("display_name", &self.display_name).finish_non_exhaustive()
    }
}

impl BodyTemplate {
    /// Which kind it is.
    pub fn kind(&self) -> BodyKind {
        match self {
            Self::Text(_) => BodyKind::Text,
            Self::Json(_) => BodyKind::Json,
            Self::Form(_) => BodyKind::Form,
            Self::Base64(_) => BodyKind::Base64,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) | Self::Base64(text) => text.len(),
            Self::Form(pairs) => pairs.iter().map(|pair| pair.name.len() + pair.value.len()).sum(),
        }
    }
}

impl TaskTemplate {
    /// Checks every field, and that the request it makes is one that may be sent, whatever its variables.
    ///
    /// # Errors
    /// The first field that is wrong, by the name it has in the GraphQL input.
    pub fn validate(&self) -> Result<(), FieldError> {
        text("displayName", &self.display_name, 1, DISPLAY_NAME_LENGTH_MAX)?;
        if let Some(endpoint) = &self.endpoint {
            text("endpoint", endpoint, 1, ENDPOINT_LENGTH_MAX)?;
        }
        if self.url.len() > URL_BYTES_MAX {
            return Err(FieldError::at("url", "INVALID_URL", "is longer than 8,192 bytes"));
        }
        self.check_masks()?;
        self.validate_pairs()?;
        let content_types = self.headers.iter().enumerate().filter(|(_, header)| is_content_type(header));
        for (index, header) in content_types {
            no_variables(&format!("headers.{index}.value"), &header.value)?;
        }
        if self.body.as_ref().is_some_and(|body| body.size() > BODY_TEMPLATE_BYTES_MAX) {
            return Err(FieldError::at("body", "TOO_LARGE", "must have at most 1,048,576 bytes"));
        }
        if let Some(BodyTemplate::Base64(text)) = &self.body
            && STANDARD.decode(text).is_err()
        {
            return Err(FieldError::at("body.base64", "INVALID_BASE64", "is not base64 with padding"));
        }
        self.fill(&Variables::Sample)?.validate()?;
        if self.variables()?.len() > VARIABLES_MAX {
            return Err(FieldError::at(
                "url",
                "TOO_MANY",
                "must have at most 64 variables, those of headers and body included",
            ));
        }
        Ok(())
    }

    fn validate_pairs(&self) -> Result<(), FieldError> {
        let form: &[NameValue] = match &self.body {
            Some(BodyTemplate::Form(pairs)) => pairs,
            Some(BodyTemplate::Text(_) | BodyTemplate::Json(_) | BodyTemplate::Base64(_)) | None => &[],
        };
        if self.query.len() > PARAMETERS_MAX {
            return Err(FieldError::at("query", "TOO_MANY", "must have at most 64 entries"));
        }
        for (path, pairs) in [("query", self.query.as_slice()), ("body.form", form)] {
            for (index, pair) in pairs.iter().enumerate() {
                no_variables(&format!("{path}.{index}.name"), &pair.name)?;
            }
        }
        for (index, pair) in self.query.iter().enumerate() {
            text(&format!("query.{index}.name"), &pair.name, 1, PARAMETER_LENGTH_MAX)?;
        }
        Ok(())
    }

    /// The names of all variables.
    ///
    /// # Errors
    /// `INVALID_TEMPLATE` at the field that is no template.
    pub fn variables(&self) -> Result<BTreeSet<String>, FieldError> {
        let mut texts = vec![("url".to_owned(), &self.url)];
        texts.extend(self.query.iter().enumerate().map(|(index, pair)| (format!("query.{index}.value"), &pair.value)));
        texts
            .extend(self.headers.iter().enumerate().map(|(index, one)| (format!("headers.{index}.value"), &one.value)));
        match &self.body {
            Some(BodyTemplate::Text(text)) => texts.push(("body.text".to_owned(), text)),
            Some(BodyTemplate::Json(text)) => texts.push(("body.json".to_owned(), text)),
            Some(BodyTemplate::Form(pairs)) => {
                let values = pairs.iter().enumerate();
                texts.extend(values.map(|(index, pair)| (format!("body.form.{index}.value"), &pair.value)));
            }
            Some(BodyTemplate::Base64(_)) | None => {}
        }
        let mut names = BTreeSet::new();
        for (path, text) in texts {
            names.extend(Template::parse(&path, text)?.variables().map(str::to_owned));
        }
        Ok(names)
    }

    /// The URL with something harmless for each variable: host and port are those of every run.
    ///
    /// # Errors
    /// At `url`.
    pub fn sample_url(&self) -> Result<HttpUrl, FieldError> {
        super::filling::url(&self.url, &Variables::Sample)
    }

    /// What the log is told of it.
    ///
    /// # Errors
    /// At `url`, when it is none.
    pub fn definition(&self, fingerprints: Fingerprints) -> Result<TaskDefinition, FieldError> {
        let url = self.sample_url()?;
        let (path, _) = path_and_query(&self.url);
        Ok(TaskDefinition {
            display_name: self.display_name.clone(),
            endpoint: self.endpoint.clone(),
            method: self.method,
            scheme: url.as_url().scheme().to_owned(),
            host: url.authority(),
            path: path.to_owned(),
            header_names: self.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect(),
            body: self.body.as_ref().map(BodyTemplate::kind),
            authorization: self.authorization.clone(),
            timeout_ms: self.timeout_ms,
            follow_redirects: self.follow_redirects,
            retry: self.retry,
            client_certificate: self.client_certificate.clone(),
            fingerprints,
        })
    }

    /// What is to be sealed of it.
    pub fn values(&self) -> TaskValues {
        let (_, url_query) = path_and_query(&self.url);
        TaskValues {
            url_query: url_query.map(str::to_owned),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        }
    }

    /// Puts the two parts together again.
    pub fn of(definition: &TaskDefinition, values: TaskValues) -> Self {
        let TaskValues { url_query, query, headers, body } = values;
        let query_text = url_query.map(|query| format!("?{query}")).unwrap_or_default();
        Self {
            display_name: definition.display_name.clone(),
            endpoint: definition.endpoint.clone(),
            method: definition.method,
            url: format!("{}://{}{}{query_text}", definition.scheme, definition.host, definition.path),
            query,
            headers,
            body,
            authorization: definition.authorization.clone(),
            timeout_ms: definition.timeout_ms,
            follow_redirects: definition.follow_redirects,
            retry: definition.retry,
            client_certificate: definition.client_certificate.clone(),
        }
    }
}

/// Where the path of a URL starts: what is before is scheme, host and port.
pub(super) fn authority_end(url: &str) -> usize {
    let start = url.find("://").map_or(0, |at| at.saturating_add(3));
    let rest = url.get(start..).unwrap_or_default();
    rest.find(['/', '?', '#', '\\']).map_or(url.len(), |at| start.saturating_add(at))
}

/// The path of a URL, and its query when it has one.
fn path_and_query(url: &str) -> (&str, Option<&str>) {
    let behind = url.get(authority_end(url)..).unwrap_or_default();
    match behind.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (behind, None),
    }
}

pub(super) fn is_content_type(header: &Header) -> bool {
    header.name.eq_ignore_ascii_case("content-type")
}

fn no_variables(path: &str, text: &str) -> Result<(), FieldError> {
    match Template::parse(path, text)?.variables().next() {
        None => Ok(()),
        Some(_) => Err(FieldError::at(path, "VARIABLE_NOT_ALLOWED", "must not hold variables")),
    }
}

/// Whether the name of a header or of a pair of a query says that its value is a credential. Such values are shown to
/// nobody: whoever may see a task need not be whoever may use its keys.
pub fn names_a_credential(name: &str) -> bool {
    let name: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    CREDENTIAL_WORDS.iter().any(|part| name.contains(part))
        || matches!(name.as_str(), "key" | "sig" | "auth" | "xauth" | "code")
}
