//! Answers: the one shape of every refusal, the status codes, and what is left out of the library's errors.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, VARY, WWW_AUTHENTICATE};
use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError, Value};
use serde::Serialize;
use uuid::Uuid;

use super::negotiate::AnswerType;
use super::params::ParamsError;
use crate::graphql::limits::RequestError;
use crate::server::auth::CHALLENGE;
use crate::server::body::BodyRefused;

/// The longest message of a request error, in characters.
pub const MESSAGE_CHARS_MAX: usize = 300;
/// The most request errors in one answer: a document can hold thousands of mistakes.
pub const ERRORS_MAX: usize = 20;

/// The methods of `/graphql`.
pub(super) const METHODS: &str = "GET, POST";

/// Repeats the id under which the log knows the request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Why a request is not executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("The method is not allowed here.")]
    MethodNotAllowed,
    #[error("A mutation must be sent with POST.")]
    MutationByGet,
    #[error("A subscription needs a WebSocket with the subprotocol graphql-transport-ws.")]
    SubscriptionOverHttp,
    #[error("The origin of the request is not allowed.")]
    Origin,
    #[error("Authentication is required.")]
    Unauthenticated,
    #[error("The answer can be application/graphql-response+json or application/json.")]
    NotAcceptable,
    #[error("{0}")]
    Body(#[from] BodyRefused),
    #[error("The request is no valid WebSocket handshake.")]
    Handshake,
    #[error("{0}")]
    Params(#[from] ParamsError),
    #[error("{0}")]
    Document(#[from] RequestError),
    #[error("The connection has {max} operations running already.")]
    TooManyOperations { max: usize },
    #[error("The server is shutting down.")]
    ShuttingDown,
    #[error("The server failed to answer.")]
    Internal,
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::MethodNotAllowed | Self::MutationByGet => "METHOD_NOT_ALLOWED",
            Self::SubscriptionOverHttp => "SUBSCRIPTION_NOT_SUPPORTED",
            Self::Origin => "ORIGIN_NOT_ALLOWED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::Body(refused) => refused.code(),
            Self::Handshake => "BAD_REQUEST",
            Self::Params(error) => error.code(),
            Self::Document(error) => error.code(),
            Self::TooManyOperations { .. } => "TOO_MANY_OPERATIONS",
            Self::ShuttingDown => "SHUTTING_DOWN",
            Self::Internal => "INTERNAL",
        }
    }

    /// GraphQL over HTTP, 6.4: with `application/json` a refused document is a well-formed answer, hence 200.
    fn status(&self, answer: AnswerType) -> StatusCode {
        match self {
            Self::MethodNotAllowed | Self::MutationByGet => StatusCode::METHOD_NOT_ALLOWED,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Body(refused) => refused.status(),
            Self::SubscriptionOverHttp | Self::Handshake | Self::Params(_) => StatusCode::BAD_REQUEST,
            Self::Document(_) => request_error_status(answer),
            Self::TooManyOperations { .. } | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The refusal as the `errors` of an answer.
    pub(super) fn errors(&self) -> Vec<ServerError> {
        let position = match self {
            Self::Document(RequestError::Syntax { position: Some((line, column)), .. }) => {
                Some(Pos { line: *line, column: *column })
            }
            _ => None,
        };
        let mut error = ServerError::new(self.to_string(), position);
        set_code(&mut error, self.code());
        vec![error]
    }

    /// The refusal as an HTTP answer.
    pub(super) fn into_http(self, answer: AnswerType, request_id: Uuid) -> HttpResponse {
        let mut response = json(self.status(answer), answer, &RequestErrors { errors: &self.errors() }, request_id);
        let headers = response.headers_mut();
        match self {
            Self::MethodNotAllowed => drop(headers.insert(ALLOW, HeaderValue::from_static(METHODS))),
            Self::MutationByGet => drop(headers.insert(ALLOW, HeaderValue::from_static("POST"))),
            Self::Unauthenticated => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))),
            _ => {}
        }
        response
    }
}

/// A request error has no `data` member at all (GraphQL, 7.1.2).
#[derive(Serialize)]
struct RequestErrors<'a> {
    errors: &'a [ServerError],
}

/// The outcome of an execution as an HTTP answer.
pub(super) fn executed(mut response: Response, answer: AnswerType, request_id: Uuid) -> HttpResponse {
    publish(&mut response);
    if is_request_error(&response) {
        return json(request_error_status(answer), answer, &RequestErrors { errors: &response.errors }, request_id);
    }
    json(StatusCode::OK, answer, &response, request_id)
}

/// Nothing was executed: no data, and no error that a field made.
pub(super) fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

fn request_error_status(answer: AnswerType) -> StatusCode {
    match answer {
        AnswerType::Json => StatusCode::OK,
        AnswerType::GraphqlResponse => StatusCode::BAD_REQUEST,
    }
}

/// Makes the library's errors fit to be seen: a code for each, and no names or values that the client did not have.
pub(super) fn publish(response: &mut Response) {
    let nothing_ran = is_request_error(response);
    if nothing_ran {
        response.errors.truncate(ERRORS_MAX);
    }
    for error in &mut response.errors {
        let has_code = error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some());
        // A resolver's error with a code is ours, and made to be seen.
        if nothing_ran || !has_code {
            error.message = publishable(&error.message);
        }
        if !has_code {
            set_code(error, if error.path.is_empty() { "GRAPHQL_VALIDATION_FAILED" } else { "EXECUTION_FAILED" });
        }
    }
}

/// Cuts off suggestions, which list the names of the schema, and rejected values, which may be secrets.
fn publishable(message: &str) -> String {
    // A scalar's own parser says what it likes behind the name of the type.
    let parsed = message.starts_with("Failed to parse ").then(|| message.find("\": ").map(|quote| quote + 1)).flatten();
    let end = [" Did you mean", ", found ", " does not contain the value ", " does not contain value "]
        .iter()
        .filter_map(|tail| message.find(tail))
        .chain(parsed)
        .min()
        .unwrap_or(message.len());
    let (kept, _) = message.split_at(end);
    kept.chars().filter(|character| !character.is_control()).take(MESSAGE_CHARS_MAX).collect()
}

fn set_code(error: &mut ServerError, code: &str) {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
}

fn json(status: StatusCode, answer: AnswerType, body: &impl Serialize, request_id: Uuid) -> HttpResponse {
    let Ok(body) = serde_json::to_vec(body) else { return HttpResponse::InternalServerError().finish() };
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, answer.header()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((VARY, "Accept"))
        .insert_header((REQUEST_ID, request_id.to_string()))
        .body(body)
}

#[cfg(test)]
mod tests {
    use async_graphql::PathSegment;

    use super::*;

    #[test]
    fn suggestions_and_values_are_cut_off() {
        let message = r#"Unknown field "secre" on type "Query". Did you mean "secret", "secrets"?"#;
        assert_eq!(publishable(message), r#"Unknown field "secre" on type "Query"."#);
        let message = r#"Failed to parse "Int": Expected input type "Int", found "canary"."#;
        assert_eq!(publishable(message), r#"Failed to parse "Int""#);
        let message = r#"Failed to parse "JSON": invalid type: string "canary", expected a map"#;
        assert_eq!(publishable(message), r#"Failed to parse "JSON""#);
        let message = r#"Expected input type "SecretSourceInput", found "canary"."#;
        assert_eq!(publishable(message), r#"Expected input type "SecretSourceInput""#);
        let message = r#"Enumeration type does not contain value "canary"."#;
        assert_eq!(publishable(message), "Enumeration type");
        let message = r#"Invalid value for argument "a", enumeration type "E" does not contain the value "canary""#;
        assert_eq!(publishable(message), r#"Invalid value for argument "a", enumeration type "E""#);
    }

    #[test]
    fn messages_and_their_number_are_bounded() {
        let long = ServerError::new("é".repeat(MESSAGE_CHARS_MAX + 1), None);
        let mut response = Response::from_errors(vec![long; ERRORS_MAX + 1]);
        publish(&mut response);
        assert_eq!(response.errors.len(), ERRORS_MAX);
        assert_eq!(response.errors[0].message.chars().count(), MESSAGE_CHARS_MAX);
    }

    #[test]
    fn a_field_error_keeps_its_message_and_its_code() {
        let mut error = ServerError::new("x, found y", None).with_path(vec![PathSegment::Field("a".to_owned())]);
        set_code(&mut error, "CONFLICT");
        let mut response = Response::from_errors(vec![error]);
        publish(&mut response);
        assert_eq!(response.errors[0].message, "x, found y");
        assert_eq!(response.errors[0].extensions.as_ref().unwrap().get("code"), Some(&Value::from("CONFLICT")));
        assert!(!is_request_error(&response));
    }

    #[test]
    fn a_field_error_of_the_library_repeats_no_value() {
        for message in [r#"Expected input type "T", found "canary"."#, r#"Failed to parse "T": canary"#] {
            let error = ServerError::new(message, None).with_path(vec![PathSegment::Field("a".to_owned())]);
            let mut response = Response::from_errors(vec![error]);
            publish(&mut response);
            assert!(!response.errors[0].message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn errors_without_a_code_get_one() {
        let field = ServerError::new("x", None).with_path(vec![PathSegment::Index(0)]);
        for (error, code) in [(ServerError::new("x", None), "GRAPHQL_VALIDATION_FAILED"), (field, "EXECUTION_FAILED")] {
            let mut response = Response::from_errors(vec![error]);
            publish(&mut response);
            assert_eq!(response.errors[0].extensions.as_ref().unwrap().get("code"), Some(&Value::from(code)));
        }
    }
}
