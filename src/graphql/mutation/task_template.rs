//! From inputs to a task's template. Everything that is wrong on the way is collected, as for connections.

use async_graphql::{Json, MaybeUndefined};

use super::super::http_request_task::{shown_url, unmasked};
use super::super::scalars::{DurationText, KeyText};
use super::definition::Complaints;
use super::http_request_task::{CreateHttpRequestTaskInput, UpdateHttpRequestTaskInput};
use super::request::{HeaderInput, HttpBodyInput, NameValueInput, authorization, retry};
use crate::domain::request::{Header, RetryOnFailure};
use crate::domain::task_credentials::masked_value;
use crate::domain::task_template::{BodyTemplate, ClientCertificate, MASK, NameValue, TaskTemplate};
use crate::domain::{FieldError, Key};

/// Reads a new task.
pub(super) fn read_new(input: CreateHttpRequestTaskInput, complaints: &mut Complaints) -> Option<(Key, TaskTemplate)> {
    let key = complaints.keep(input.key.parse_at("key"));
    let authorization = complaints.keep(authorization(input.authorization));
    let timeout = input.timeout.map(|timeout| complaints.keep(timeout.parse_at("timeout")));
    let body = input.body.and_then(|body| body_template(body, None, complaints));
    let (secret, password) = (input.client_certificate, input.client_certificate_password);
    let client_certificate = complaints.keep(certificate(secret.as_ref(), password.as_ref()));
    let headers = headers(input.headers.unwrap_or_default(), &[], complaints);
    let query = query(input.query.unwrap_or_default(), &[], complaints);
    complaints.keep(without_mask(&input.url));
    let template = TaskTemplate {
        display_name: input.display_name,
        endpoint: input.endpoint,
        method: input.method.into(),
        url: input.url,
        query,
        headers,
        body,
        authorization: authorization?,
        timeout_ms: timeout.flatten(),
        follow_redirects: input.follow_redirects,
        retry: retry(input.retry_on_failure, input.retry_non_idempotent),
        client_certificate: client_certificate?,
    };
    Some((key?, template))
}

/// Puts a change over the task as it was.
pub(super) fn patched(
    before: TaskTemplate,
    input: UpdateHttpRequestTaskInput,
    complaints: &mut Complaints,
) -> TaskTemplate {
    let on_failure = complaints.present("retryOnFailure", input.retry_on_failure);
    let non_idempotent = complaints.present("retryNonIdempotent", input.retry_non_idempotent);
    let retry = retry(
        on_failure.unwrap_or(before.retry != RetryOnFailure::Never),
        non_idempotent.unwrap_or(before.retry == RetryOnFailure::Always),
    );
    let url = complaints.present("url", input.url).filter(|url| *url != shown_url(&before.url));
    if let Some(url) = &url {
        complaints.keep(without_mask(url));
    }
    let before = match &url {
        None => before,
        Some(url) => before.kept_at(url),
    };
    let authorization = complaints.present("authorization", input.authorization);
    let authorization = authorization.and_then(|input| complaints.keep(self::authorization(input)));
    let client_certificate = patched_certificate(
        before.client_certificate.as_ref(),
        input.client_certificate,
        input.client_certificate_password,
        complaints,
    );
    TaskTemplate {
        display_name: complaints.present("displayName", input.display_name).unwrap_or(before.display_name),
        endpoint: merged(input.endpoint, before.endpoint),
        method: complaints.present("method", input.method).map_or(before.method, Into::into),
        url: url.unwrap_or(before.url),
        query: match input.query {
            MaybeUndefined::Undefined => before.query,
            MaybeUndefined::Null => Vec::new(),
            MaybeUndefined::Value(pairs) => query(pairs, &before.query, complaints),
        },
        headers: match input.headers {
            MaybeUndefined::Undefined => before.headers,
            MaybeUndefined::Null => Vec::new(),
            MaybeUndefined::Value(list) => headers(list, &before.headers, complaints),
        },
        body: match input.body {
            MaybeUndefined::Undefined => before.body,
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(body) => body_template(body, before.body.as_ref(), complaints),
        },
        authorization: authorization.unwrap_or(before.authorization),
        timeout_ms: match input.timeout {
            MaybeUndefined::Undefined => before.timeout_ms,
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(timeout) => complaints.keep(DurationText::parse_at(&timeout, "timeout")),
        },
        follow_redirects: complaints
            .present("followRedirects", input.follow_redirects)
            .unwrap_or(before.follow_redirects),
        retry,
        client_certificate,
    }
}

fn patched_certificate(
    before: Option<&ClientCertificate>,
    secret: MaybeUndefined<KeyText>,
    password: MaybeUndefined<KeyText>,
    complaints: &mut Complaints,
) -> Option<ClientCertificate> {
    let of_before = |key: &Key| KeyText::from(key);
    let secret = merged(secret, before.map(|certificate| of_before(&certificate.secret)));
    let is_cleared = secret.is_none() && password.is_undefined();
    let kept = before.and_then(|certificate| certificate.password.as_ref()).filter(|_| !is_cleared);
    let password = merged(password, kept.map(of_before));
    complaints.keep(certificate(secret.as_ref(), password.as_ref())).flatten()
}

/// Omitted is unchanged, null clears.
fn merged<T>(value: MaybeUndefined<T>, before: Option<T>) -> Option<T> {
    match value {
        MaybeUndefined::Undefined => before,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value),
    }
}

fn certificate(secret: Option<&KeyText>, password: Option<&KeyText>) -> Result<Option<ClientCertificate>, FieldError> {
    let password = password.map(|key| key.parse_at("clientCertificatePassword")).transpose()?;
    match secret {
        Some(secret) => Ok(Some(ClientCertificate { secret: secret.parse_at("clientCertificate")?, password })),
        None if password.is_none() => Ok(None),
        None => {
            let message = "has no use without a client certificate";
            Err(FieldError::at("clientCertificatePassword", "NOT_ALLOWED", message))
        }
    }
}

fn headers(input: Vec<HeaderInput>, before: &[Header], complaints: &mut Complaints) -> Vec<Header> {
    let stored: Vec<_> = before.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    let pairs = input.into_iter().map(|HeaderInput { name, value }| (name, value)).collect();
    let restored = restored("headers", unmasked(pairs, &stored), complaints);
    restored.into_iter().map(|(name, value)| Header { name, value }).collect()
}

fn query(input: Vec<NameValueInput>, before: &[NameValue], complaints: &mut Complaints) -> Vec<NameValue> {
    pairs("query", input, before, complaints)
}

fn pairs(list: &str, input: Vec<NameValueInput>, before: &[NameValue], complaints: &mut Complaints) -> Vec<NameValue> {
    let stored: Vec<_> = before.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())).collect();
    let pairs = input.into_iter().map(|NameValueInput { name, value }| (name, value)).collect();
    let restored = restored(list, unmasked(pairs, &stored), complaints);
    restored.into_iter().map(|(name, value)| NameValue { name, value }).collect()
}

fn restored(
    list: &str,
    unmasked: Result<Vec<(String, String)>, usize>,
    complaints: &mut Complaints,
) -> Vec<(String, String)> {
    let read = unmasked.map_err(|index| masked_value(&format!("{list}.{index}.value")));
    complaints.keep(read).unwrap_or_default()
}

fn without_mask(url: &str) -> Result<(), FieldError> {
    if url.contains(MASK) { Err(masked_value("url")) } else { Ok(()) }
}

fn body_template(
    body: HttpBodyInput,
    before: Option<&BodyTemplate>,
    complaints: &mut Complaints,
) -> Option<BodyTemplate> {
    Some(match body {
        HttpBodyInput::Text(text) => BodyTemplate::Text(text),
        HttpBodyInput::Json(Json(value)) => {
            let invalid = |_| FieldError::at("body.json", "INVALID_JSON", "can't be written as JSON");
            BodyTemplate::Json(complaints.keep(serde_json::to_string(&value).map_err(invalid))?)
        }
        HttpBodyInput::Form(form) => {
            let before: &[NameValue] = match before {
                Some(BodyTemplate::Form(form)) => form,
                Some(BodyTemplate::Text(_) | BodyTemplate::Json(_) | BodyTemplate::Base64(_)) | None => &[],
            };
            BodyTemplate::Form(pairs("body.form", form, before, complaints))
        }
        HttpBodyInput::Base64(text) => BodyTemplate::Base64(text),
    })
}
