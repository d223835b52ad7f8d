//! How an exchange ended: `HttpExchangeOutcome` and its parts.

use async_graphql::{SimpleObject, Union};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::auth_failure::{AuthFailure, AuthFailureReason, AuthPhase};
use super::scalars::int;
use crate::domain::exchange as domain;
use crate::http::HttpAnswer;

/// How an exchange ended. The API's own 404 is an `HttpResponse`.
#[derive(Debug, Clone, Union)]
pub enum HttpExchangeOutcome {
    /// The API answered.
    Response(HttpResponse),
    /// There was no token: nothing was sent to the API.
    Auth(AuthFailure),
    /// The API could not be reached or did not answer.
    Transport(TransportFailure),
    /// The process stopped in between.
    Unknown(OutcomeUnknown),
}

/// The API's answer.
#[derive(Debug, Clone, SimpleObject)]
pub struct HttpResponse {
    /// Status.
    status: i32,
    /// In order; names may repeat. Null when the exchange is read later: headers are not on the record. A call repeated
    /// with its idempotency key gets them again, as long as its answer is kept.
    headers: Option<Vec<Header>>,
    /// Null when the exchange is read later: bodies are not on the record. A call repeated with its idempotency key gets it
    /// again, as long as its answer is kept.
    body: Option<HttpBody>,
    /// Size of the decoded body in bytes, as far as it was read.
    body_size: i32,
    /// Set when the API refused the token for good.
    auth_failure: Option<AuthFailure>,
}

/// The body of an answer: as text when it is text, else as base64.
#[derive(Debug, Clone, SimpleObject)]
pub struct HttpBody {
    /// The body, when it is UTF-8 and not declared to be something else.
    text: Option<String>,
    /// The body, when it is not text.
    base64: Option<String>,
    /// `Content-Type`.
    content_type: Option<String>,
    /// Bytes.
    size: i32,
    /// Whether the body goes on beyond the limit; for a repeated call that is 1 MiB.
    truncated: bool,
}

/// A header.
#[derive(Debug, Clone, SimpleObject)]
pub struct Header {
    /// Name.
    pub name: String,
    /// Null when it was not kept.
    pub value: Option<String>,
}

/// The API could not be reached or did not answer.
#[derive(Debug, Clone, SimpleObject)]
pub struct TransportFailure {
    /// Where on the way.
    phase: AuthPhase,
    /// What went wrong.
    reason: AuthFailureReason,
    /// One sentence for a person.
    message: String,
    /// Whether the same request may succeed later with nothing changed.
    retryable: bool,
}

/// The process stopped between sending and recording: whoever needs to know must ask the API.
#[derive(Debug, Clone, SimpleObject)]
pub struct OutcomeUnknown {
    /// Why nobody knows.
    reason: String,
}

impl HttpResponse {
    /// The answer with what is kept of it, and with all of it for whoever asked for it just now.
    pub(super) fn of(completed: &domain::Completed, answer: Option<&HttpAnswer>, refused: Option<AuthFailure>) -> Self {
        Self {
            status: i32::from(completed.status),
            headers: answer.map(|answer| {
                let headers = answer.headers.iter();
                headers.map(|header| Header { name: header.name.clone(), value: Some(header.value.clone()) }).collect()
            }),
            body: answer.map(HttpBody::of),
            body_size: int(completed.body_bytes),
            auth_failure: refused,
        }
    }
}

impl HttpBody {
    fn of(answer: &HttpAnswer) -> Self {
        let text = std::str::from_utf8(&answer.body).ok().filter(|_| is_textual(answer.content_type.as_deref()));
        Self {
            text: text.map(str::to_owned),
            base64: text.is_none().then(|| STANDARD.encode(&answer.body)),
            content_type: answer.content_type.clone(),
            size: int(answer.body.len()),
            truncated: answer.truncated,
        }
    }
}

impl From<&domain::TransportFailure> for TransportFailure {
    fn from(failure: &domain::TransportFailure) -> Self {
        Self {
            phase: failure.phase.into(),
            reason: failure.reason.into(),
            message: failure.message.clone(),
            retryable: failure.reason.retryable(),
        }
    }
}

impl From<&domain::OutcomeUnknown> for OutcomeUnknown {
    fn from(unknown: &domain::OutcomeUnknown) -> Self {
        Self { reason: unknown.reason.clone() }
    }
}

/// Whether a media type is made to be read as text; without one the bytes decide.
fn is_textual(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
        || matches!(
            media_type.as_str(),
            "" | "application/json"
                | "application/xml"
                | "application/javascript"
                | "application/graphql"
                | "application/x-ndjson"
                | "application/yaml"
                | "application/x-www-form-urlencoded"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8], content_type: Option<&str>) -> (Option<String>, Option<String>) {
        let content_type = content_type.map(str::to_owned);
        let answer = HttpAnswer { status: 200, headers: vec![], content_type, body: bytes.into(), truncated: false };
        let HttpBody { text, base64, .. } = HttpBody::of(&answer);
        (text, base64)
    }

    #[test]
    fn a_body_is_text_when_it_says_so_and_is() {
        let text = || (Some("ä".to_owned()), None);
        assert_eq!(body("ä".as_bytes(), None), text());
        assert_eq!(body("ä".as_bytes(), Some("Application/Problem+JSON; charset=utf-8")), text());
        assert_eq!(body("ä".as_bytes(), Some("image/png")), (None, Some("w6Q=".to_owned())));
        assert_eq!(body(&[0xff], Some("text/plain")), (None, Some("/w==".to_owned())));
    }
}
