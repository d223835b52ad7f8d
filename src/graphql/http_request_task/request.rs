//! What is shown of a task's request. A value whose header or pair has the name of a credential is masked.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Object, SimpleObject};
use url::form_urlencoded;

use super::super::connection::{self, ConnectionProfile};
use super::super::definition::Parameter;
use super::super::errors::{ApiError, Fallible};
use super::super::exchange::HttpMethod;
use super::super::http_response::Header;
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::KeyText;
use crate::domain::Key;
use crate::domain::request::Authorization;
use crate::domain::task_credentials::is_credential;
use crate::domain::task_template::{self as domain, BodyTemplate, MASK, TaskTemplate, names_a_credential};

/// AireGlu's *Auth Type*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AuthType {
    /// The request travels as it is.
    None,
    /// A connection's token is added.
    ClientConnection,
}

/// How a body was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::BodyKind")]
pub enum HttpBodyKind {
    /// As a text.
    Text,
    /// As JSON.
    Json,
    /// As pairs of a form.
    Form,
    /// As bytes in base64.
    Base64,
}

/// A name and a value.
#[derive(Debug, Clone, SimpleObject)]
pub struct NameValue {
    /// As it is meant, not encoded.
    name: String,
    /// As it is meant, not encoded; `••••` in place of a credential.
    value: String,
}

/// A request with variables, written `{{name}}`.
#[derive(Debug, Clone, SimpleObject)]
pub struct HttpRequestTemplate {
    /// Method.
    method: HttpMethod,
    /// Where to, its own query included; `••••` in place of a credential.
    url: String,
    /// In order; names may repeat. `••••` in place of a credential.
    headers: Vec<Header>,
    /// Added to the URL's own query.
    query: Vec<NameValue>,
    /// The text, the JSON text, or the base64; null for a form and without a body.
    body: Option<String>,
    /// The pairs of a form.
    form: Vec<NameValue>,
    /// How the body was given; null without one.
    body_kind: Option<HttpBodyKind>,
    /// The names of its variables: what a run has to give.
    variables: Vec<String>,
}

/// Authorisation of a task.
#[derive(Debug, Clone)]
pub struct TaskAuthorization(Authorization);

/// Authorisation of a task.
#[Object]
impl TaskAuthorization {
    /// Auth Type.
    async fn r#type(&self) -> AuthType {
        match &self.0 {
            Authorization::None => AuthType::None,
            Authorization::ClientConnection { .. } => AuthType::ClientConnection,
        }
    }

    /// Key of the connection; null for Auth Type none.
    async fn connection_key(&self) -> Option<KeyText> {
        self.connection_of().map(KeyText::from)
    }

    /// The connection as it is now; null for Auth Type none and after it was deleted.
    #[graphql(directive = requires_permission::apply(Permission::ViewConnection))]
    async fn connection(&self, ctx: &Context<'_>) -> Fallible<ConnectionProfile> {
        if let Err(refusal) = permission::check(ctx, "TaskAuthorization") {
            return Some(Err(refusal));
        }
        connection::find(ctx, self.connection_of()?.clone()).await.transpose()
    }

    /// Merged over the connection's own parameters, by name and placement; an empty value removes one.
    async fn parameter_overrides(&self) -> Vec<Parameter> {
        match &self.0 {
            Authorization::None => Vec::new(),
            Authorization::ClientConnection { parameter_overrides, .. } => {
                parameter_overrides.iter().map(Parameter::from).collect()
            }
        }
    }

    /// Whether a cached token is never used.
    async fn force_new_token(&self) -> bool {
        matches!(&self.0, Authorization::ClientConnection { force_new_token: true, .. })
    }
}

impl From<&Authorization> for TaskAuthorization {
    fn from(authorization: &Authorization) -> Self {
        Self(authorization.clone())
    }
}

impl TaskAuthorization {
    fn connection_of(&self) -> Option<&Key> {
        match &self.0 {
            Authorization::None => None,
            Authorization::ClientConnection { key, .. } => Some(key),
        }
    }
}

impl HttpRequestTemplate {
    /// What is shown of a task's request.
    pub(super) fn of(template: &TaskTemplate) -> Result<Self, ApiError> {
        let variables = template.variables().map_err(|error| ApiError::internal(&error))?;
        let pairs = |pairs: &[domain::NameValue]| pairs.iter().map(NameValue::of).collect();
        let (body, form) = match &template.body {
            None => (None, Vec::new()),
            Some(BodyTemplate::Text(text) | BodyTemplate::Json(text) | BodyTemplate::Base64(text)) => {
                (Some(text.clone()), Vec::new())
            }
            Some(BodyTemplate::Form(form)) => (None, pairs(form)),
        };
        let header = |header: &crate::domain::request::Header| Header {
            name: header.name.clone(),
            value: Some(masked(&header.name, &header.value)),
        };
        Ok(Self {
            method: template.method.into(),
            url: shown_url(&template.url),
            headers: template.headers.iter().map(header).collect(),
            query: pairs(&template.query),
            body,
            form,
            body_kind: template.body.as_ref().map(|body| body.kind().into()),
            variables: variables.into_iter().collect(),
        })
    }
}

impl NameValue {
    fn of(pair: &domain::NameValue) -> Self {
        Self { name: pair.name.clone(), value: masked(&pair.name, &pair.value) }
    }
}

/// A value as it is shown. One that is nothing but a variable holds no secret.
fn masked(name: &str, value: &str) -> String {
    if is_credential(name, value) { MASK.to_owned() } else { value.to_owned() }
}

/// A URL as it is shown: credentials in its query are masked.
pub(in super::super) fn shown_url(url: &str) -> String {
    masked_url(url, is_credential)
}

/// The URL of a run as it is shown: what variables stood for is masked as well.
pub(in super::super) fn sent_url(url: &str) -> String {
    masked_url(url, |name, _| names_a_credential(name))
}

fn masked_url(url: &str, is_masked: impl Fn(&str, &str) -> bool) -> String {
    let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) => {
            // An escaped name is the same name to the API.
            let decoded = form_urlencoded::parse(name.as_bytes()).next();
            let is_masked = decoded.is_some_and(|(decoded, _)| is_masked(&decoded, value));
            format!("{name}={}", if is_masked { MASK } else { value })
        }
        None => pair.to_owned(),
    };
    format!("{before}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&"))
}

/// Puts the stored values back where a client sends back the mask that it was shown: the first masked value of a name
/// stands for the first stored one, and so on.
///
/// # Errors
/// The index of a masked value for which nothing is stored.
pub(in super::super) fn unmasked(
    pairs: Vec<(String, String)>,
    stored: &[(&str, &str)],
) -> Result<Vec<(String, String)>, usize> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let restore = |(index, (name, value)): (usize, (String, String))| {
        let lower = name.to_ascii_lowercase();
        let nth = seen.entry(lower).and_modify(|nth| *nth += 1).or_default();
        if value != MASK {
            return Ok((name, value));
        }
        let same_name = stored.iter().filter(|(known, _)| known.eq_ignore_ascii_case(&name));
        let value = same_name.map(|(_, value)| *value).nth(*nth).ok_or(index)?.to_owned();
        Ok((name, value))
    };
    pairs.into_iter().enumerate().map(restore).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_masked_by_the_name_of_its_header_or_pair() {
        for name in ["X-Api-Key", "cookie", "Authorization", "x-auth-token", "client_secret", "sig", "key"] {
            assert_eq!(masked(name, "hunter2"), MASK, "{name}");
            assert_eq!(masked(name, "{{api_key}}"), "{{api_key}}");
            assert_eq!(masked(name, "hunter2{{a}}"), MASK);
            assert_eq!(masked(name, "{{a}}hunter2{{b}}"), MASK);
        }
        for name in ["Accept", "X-Tenant", "page", "monkey"] {
            assert_eq!(masked(name, "7"), "7", "{name}");
        }
        let shown = shown_url("https://a.example/x?api_key=hunter2&page=1&flag");
        assert_eq!(shown, "https://a.example/x?api_key=••••&page=1&flag");
    }

    #[test]
    fn a_mask_that_comes_back_keeps_what_is_stored() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let stored = [("X-Key", "one"), ("Accept", "a"), ("x-key", "two")];
        let sent = vec![pair("x-key", MASK), pair("accept", "b"), pair("X-Key", MASK)];
        let expected = vec![pair("x-key", "one"), pair("accept", "b"), pair("X-Key", "two")];
        assert_eq!(unmasked(sent, &stored), Ok(expected));
        assert_eq!(unmasked(vec![pair("x-key", "new"), pair("x-key", MASK)], &stored).unwrap()[1].1, "two");
        assert_eq!(unmasked(vec![pair("accept", "b"), pair("other", MASK)], &stored), Err(1));
    }
}
