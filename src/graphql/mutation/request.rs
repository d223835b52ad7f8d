//! `executeHttpRequest`: the one mutation that leaves the house.

use async_graphql::{Context, InputObject, Json, Object, OneofObject, SimpleObject, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::super::definition::ParameterInput;
use super::super::errors::{ApiError, Fallible};
use super::super::exchange::{HttpExchange, HttpMethod};
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::{DurationText, KeyText, UrlText};
use super::super::services::Services;
use super::super::user_errors::{self, UserError};
use super::definition::parameters;
use crate::domain::request::{Authorization, Header, HttpRequest, RetryOnFailure};
use crate::domain::url::URL_BYTES_MAX;
use crate::domain::{FieldError, HttpUrl};
use crate::http::Execution;

/// A name and a value.
#[derive(InputObject)]
pub struct NameValueInput {
    /// As it is meant; encoded where it has to be.
    pub(super) name: String,
    /// As it is meant; encoded where it has to be.
    pub(super) value: String,
}

/// A header.
#[derive(InputObject)]
pub struct HeaderInput {
    /// Any case.
    pub(super) name: String,
    /// Visible characters, spaces and tabs.
    pub(super) value: String,
}

/// A body: exactly one of the fields. A JSON body and a form bring their `Content-Type`, unless a header says another.
#[derive(OneofObject)]
pub enum HttpBodyInput {
    /// As UTF-8.
    Text(String),
    /// As JSON.
    Json(Json<Value>),
    /// As `application/x-www-form-urlencoded`.
    Form(Vec<NameValueInput>),
    /// Any bytes, in base64 with padding.
    Base64(String),
}

/// AireGlu's *Auth Type*: exactly one of the fields.
#[derive(OneofObject)]
pub enum AuthorizationInput {
    /// `true`: the request travels as it is.
    None(bool),
    /// A connection's token is added.
    ClientConnection(ClientConnectionAuthorizationInput),
}

/// Which connection authorises the request.
#[derive(InputObject)]
pub struct ClientConnectionAuthorizationInput {
    /// Key of the connection.
    key: KeyText,
    /// Merged over the connection's own parameters, by name and placement; an empty value removes one.
    parameter_overrides: Option<Vec<ParameterInput>>,
    /// Whether a cached token must not be used.
    #[graphql(default)]
    force_new_token: bool,
}

/// An HTTP request to be made.
#[derive(InputObject)]
pub struct ExecuteHttpRequestInput {
    /// Method.
    #[graphql(default_with = "HttpMethod::Get")]
    method: HttpMethod,
    /// Where to.
    url: UrlText,
    /// In order; names may repeat.
    headers: Option<Vec<HeaderInput>>,
    /// Added to the URL's own query.
    query: Option<Vec<NameValueInput>>,
    /// What is sent.
    body: Option<HttpBodyInput>,
    /// Auth Type.
    authorization: AuthorizationInput,
    /// For everything: token, retries, answer. When null: 30 seconds, and 5 minutes with `retryOnFailure`.
    timeout: Option<DurationText>,
    /// Whether redirects of the API are followed.
    #[graphql(default)]
    follow_redirects: bool,
    /// Retry external requests on failure: up to 5 times after network failures and the statuses 408, 429, 502, 503 and
    /// 504, first after 2 seconds, then ever later and as `Retry-After` asks, while the timeout leaves room; each attempt
    /// may take 30 seconds. Never after an authentication failure. POST and PATCH are retried only with an
    /// `Idempotency-Key` header.
    #[graphql(default)]
    retry_on_failure: bool,
    /// Whether POST and PATCH are retried without an `Idempotency-Key` header, too: the API may do it twice.
    #[graphql(default)]
    retry_non_idempotent: bool,
    /// Names the call: it is made at most once.
    idempotency_key: Option<String>,
}

/// What became of `executeHttpRequest`.
#[derive(Debug, SimpleObject)]
pub struct ExecuteHttpRequestPayload {
    /// The exchange, also when the API refused or could not be reached; null exactly when there are user errors.
    exchange: Option<HttpExchange>,
    /// What the client can mend. Nothing was sent.
    user_errors: Vec<UserError>,
}

impl ExecuteHttpRequestPayload {
    /// Nothing was sent.
    pub(super) fn refused(error: UserError) -> Self {
        Self { exchange: None, user_errors: vec![error] }
    }
}

impl From<Execution> for ExecuteHttpRequestPayload {
    fn from(execution: Execution) -> Self {
        Self { exchange: Some(execution.into()), user_errors: vec![] }
    }
}

/// Requests.
#[derive(Default)]
pub struct RequestMutations;

#[Object]
impl RequestMutations {
    /// Makes an HTTP request, authorised by a connection, and records it.
    #[graphql(directive = requires_permission::apply(Permission::ExecuteHttpRequest))]
    async fn execute_http_request(
        &self,
        ctx: &Context<'_>,
        input: ExecuteHttpRequestInput,
    ) -> Fallible<ExecuteHttpRequestPayload> {
        Some(execute(ctx, input).await)
    }
}

async fn execute(ctx: &Context<'_>, input: ExecuteHttpRequestInput) -> Result<ExecuteHttpRequestPayload, ApiError> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let request = match read(input) {
        Ok(request) => request,
        Err(error) => return Ok(ExecuteHttpRequestPayload::refused(error.into())),
    };
    match services.executor.execute(request, services.provenance(ctx, caller)).await {
        Ok(execution) => Ok(execution.into()),
        Err(error) => Ok(ExecuteHttpRequestPayload::refused(user_errors::of_request(error)?)),
    }
}

fn read(input: ExecuteHttpRequestInput) -> Result<HttpRequest, FieldError> {
    let url = with_query(&input.url.parse_at("url")?, &input.query.unwrap_or_default())?;
    let retry = retry(input.retry_on_failure, input.retry_non_idempotent);
    let timeout_ms = input.timeout.map_or(Ok(retry.timeout_ms_default()), |timeout| timeout.parse_at("timeout"))?;
    let authorization = authorization(input.authorization)?;
    let mut headers: Vec<Header> =
        input.headers.into_iter().flatten().map(|HeaderInput { name, value }| Header { name, value }).collect();
    let body = match input.body {
        None => None,
        Some(body) => {
            let (bytes, content_type) = body_bytes(body)?;
            let is_given = headers.iter().any(|header| header.name.eq_ignore_ascii_case("content-type"));
            if let Some(value) = content_type.filter(|_| !is_given) {
                headers.push(Header { name: "content-type".to_owned(), value: value.to_owned() });
            }
            Some(bytes)
        }
    };
    let request = HttpRequest {
        method: input.method.into(),
        url,
        headers,
        body,
        authorization,
        timeout_ms,
        follow_redirects: input.follow_redirects,
        retry,
        idempotency_key: input.idempotency_key,
        task: None,
    };
    request.validate()?;
    Ok(request)
}

/// Reads *Retry external requests on failure*.
pub(super) fn retry(on_failure: bool, non_idempotent: bool) -> RetryOnFailure {
    match (on_failure, non_idempotent) {
        (false, _) => RetryOnFailure::Never,
        (true, false) => RetryOnFailure::WhenSafe,
        (true, true) => RetryOnFailure::Always,
    }
}

fn with_query(url: &HttpUrl, query: &[NameValueInput]) -> Result<HttpUrl, FieldError> {
    let url = url.with_query(query.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())));
    if url.as_url().as_str().len() > URL_BYTES_MAX {
        return Err(FieldError::at("query", "TOO_LONG", "makes the URL longer than 8,192 bytes"));
    }
    Ok(url)
}

/// Reads *Auth Type*.
pub(super) fn authorization(input: AuthorizationInput) -> Result<Authorization, FieldError> {
    match input {
        AuthorizationInput::None(true) => Ok(Authorization::None),
        AuthorizationInput::None(false) => {
            let message = "is either true or left out in favour of clientConnection";
            Err(FieldError::at("authorization.none", "INVALID_AUTHORIZATION", message))
        }
        AuthorizationInput::ClientConnection(input) => Ok(Authorization::ClientConnection {
            key: input.key.parse_at("authorization.clientConnection.key")?,
            parameter_overrides: parameters(input.parameter_overrides.unwrap_or_default()),
            force_new_token: input.force_new_token,
        }),
    }
}

/// The bytes of a body, and the `Content-Type` that goes without saying.
fn body_bytes(body: HttpBodyInput) -> Result<(Vec<u8>, Option<&'static str>), FieldError> {
    Ok(match body {
        HttpBodyInput::Text(text) => (text.into_bytes(), None),
        HttpBodyInput::Json(Json(value)) => {
            let invalid = |_| FieldError::at("body.json", "INVALID_JSON", "can't be written as JSON");
            (serde_json::to_vec(&value).map_err(invalid)?, Some("application/json"))
        }
        HttpBodyInput::Form(pairs) => {
            let pairs = pairs.iter().map(|pair| (&pair.name, &pair.value));
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            (form.into_bytes(), Some("application/x-www-form-urlencoded"))
        }
        HttpBodyInput::Base64(text) => {
            let invalid = |_| FieldError::at("body.base64", "INVALID_BASE64", "is not base64 with padding");
            (STANDARD.decode(text).map_err(invalid)?, None)
        }
    })
}
