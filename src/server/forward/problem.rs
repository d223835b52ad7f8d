//! Latchkey's own answers on the route: RFC 9457 problem details with a `code`, told from the API's by `Latchkey-Error`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{EXCHANGE, secure};
use crate::domain::failure::AuthFailureReason;
use crate::http::forward::{Failure, ForwardError};
use crate::server::auth::CHALLENGE;
use crate::server::problem::Problem;

/// Why a request is not answered by the API.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A page of another origin asks.
    Origin,
    /// Nobody knows who asks.
    Unauthenticated,
    /// The caller may not.
    Forbidden,
    /// HTTP/1.0 and earlier.
    HttpVersion,
    /// The path names no connection.
    NotFound,
    /// It was not, or could not be, forwarded.
    Forward(ForwardError),
}

impl From<ForwardError> for Refusal {
    fn from(error: ForwardError) -> Self {
        Self::Forward(error)
    }
}

impl Refusal {
    pub(super) fn into_http(self, request_id: Uuid) -> HttpResponse {
        let (status, code) = self.kind();
        let detail = self.detail();
        let problem = Problem { status, code, detail: &detail };
        let mut members = problem.members(request_id);
        let mut answer = problem.head();
        secure(&mut answer);
        answer.insert_header(("latchkey-error", code));
        match &self {
            Self::Unauthenticated => {
                answer.insert_header((WWW_AUTHENTICATE, CHALLENGE));
            }
            Self::Forward(ForwardError::TooMany) => {
                answer.insert_header((RETRY_AFTER, "1"));
            }
            Self::Forward(ForwardError::Failed { exchange, failure }) => {
                answer.insert_header((EXCHANGE, exchange.to_string()));
                members.extend(members_of(failure));
            }
            Self::Forward(_) | Self::Origin | Self::Forbidden | Self::NotFound | Self::HttpVersion => {}
        }
        answer.body(Value::Object(members).to_string())
    }

    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Origin => (StatusCode::FORBIDDEN, "ORIGIN_NOT_ALLOWED"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            Self::HttpVersion => (StatusCode::HTTP_VERSION_NOT_SUPPORTED, "HTTP_VERSION_NOT_SUPPORTED"),
            Self::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::Forward(error) => forward_kind(error),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Origin => "the origin of the request is not allowed".to_owned(),
            Self::Unauthenticated => "send `Authorization: Bearer` with a token of Latchkey".to_owned(),
            Self::Forbidden => "this needs the permission execute:HttpRequest".to_owned(),
            Self::HttpVersion => "use HTTP/1.1: an answer over HTTP/1.0 could not show that it broke off".to_owned(),
            Self::NotFound => "the path must be /forward/{connectionKey}/…, with the Key of a connection".to_owned(),
            Self::Forward(error) => error.to_string(),
        }
    }
}

fn forward_kind(error: &ForwardError) -> (StatusCode, &'static str) {
    match error {
        ForwardError::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
        ForwardError::HeadersTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "HEADERS_TOO_LARGE"),
        ForwardError::UnknownConnection(_) => (StatusCode::NOT_FOUND, "CONNECTION_NOT_FOUND"),
        ForwardError::NoBaseUrl(_) => (StatusCode::CONFLICT, "NO_BASE_URL"),
        ForwardError::Path(_) => (StatusCode::BAD_REQUEST, "INVALID_PATH"),
        ForwardError::EgressDenied(_) => (StatusCode::FORBIDDEN, "EGRESS_DENIED"),
        ForwardError::InsecureBaseUrl => (StatusCode::FORBIDDEN, "INSECURE_URL"),
        ForwardError::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "TOO_MANY_FORWARDS"),
        ForwardError::NotRecorded(_) => (StatusCode::SERVICE_UNAVAILABLE, "NOT_RECORDED"),
        ForwardError::Abandoned => (StatusCode::SERVICE_UNAVAILABLE, "ABANDONED"),
        ForwardError::Failed { failure, .. } => match &**failure {
            Failure::Auth(_) => (StatusCode::BAD_GATEWAY, "AUTH_FAILURE"),
            Failure::Transport(failure) if failure.reason == AuthFailureReason::Timeout => {
                (StatusCode::GATEWAY_TIMEOUT, "UPSTREAM_TIMEOUT")
            }
            Failure::Transport(failure) if failure.reason == AuthFailureReason::CallerGone => {
                (StatusCode::BAD_REQUEST, "REQUEST_BODY_BROKEN")
            }
            Failure::Transport(_) => (StatusCode::BAD_GATEWAY, "UPSTREAM_UNREACHABLE"),
        },
    }
}

/// What else is known of a failure, in the words of the log.
fn members_of(failure: &Failure) -> [(String, Value); 3] {
    let (phase, reason) = match failure {
        Failure::Auth(failure) => (failure.phase, failure.reason),
        Failure::Transport(failure) => (failure.phase, failure.reason),
    };
    [
        ("phase".to_owned(), json!(phase)),
        ("reason".to_owned(), json!(reason)),
        ("retryable".to_owned(), reason.retryable().into()),
    ]
}
