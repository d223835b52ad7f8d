//! How the issuer and the API say no.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

/// An answer of the token endpoint that is not a token (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenRefusal {
    InvalidRequest(&'static str),
    InvalidClient(&'static str),
    UnsupportedGrantType,
    InvalidScope,
    ServerError,
    Busy,
}

impl TokenRefusal {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidRequest(why) => ("invalid_request", why),
            Self::InvalidClient(why) => ("invalid_client", why),
            Self::UnsupportedGrantType => ("unsupported_grant_type", "only client_credentials is supported"),
            Self::InvalidScope => ("invalid_scope", "the scopes are demo:read and demo:write, separated by one space"),
            Self::ServerError => ("server_error", "the issuer was told to fail"),
            Self::Busy => ("temporarily_unavailable", "too many client assertions are in use"),
        }
    }
}

impl fmt::Display for TokenRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().0)
    }
}

impl ResponseError for TokenRefusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) | Self::UnsupportedGrantType | Self::InvalidScope => StatusCode::BAD_REQUEST,
            Self::InvalidClient(_) => StatusCode::UNAUTHORIZED,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let (error, description) = self.words();
        let mut answer = HttpResponse::build(self.status_code());
        answer.insert_header((CACHE_CONTROL, "no-store"));
        if matches!(self, Self::InvalidClient(_)) {
            // RFC 6749 §5.2 wants it after a failed Basic, RFC 9110 §11.6.1 with every 401.
            answer.insert_header((WWW_AUTHENTICATE, r#"Basic realm="latchkey demo", charset="UTF-8""#));
        }
        answer.json(json!({ "error": error, "error_description": description }))
    }
}

/// An answer of the API to a request that is not authorised (RFC 6750 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiRefusal {
    /// No bearer token at all: a challenge without an error code.
    NoToken,
    InvalidToken(&'static str),
    InsufficientScope(&'static str),
}

impl fmt::Display for ApiRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoToken => "no token",
            Self::InvalidToken(_) => "invalid_token",
            Self::InsufficientScope(_) => "insufficient_scope",
        })
    }
}

impl ResponseError for ApiRefusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope(_) => StatusCode::FORBIDDEN,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let realm = r#"Bearer realm="latchkey demo""#;
        let (challenge, body) = match self {
            Self::NoToken => (realm.to_owned(), json!({ "error_description": "a bearer token is needed" })),
            Self::InvalidToken(why) => (
                format!(r#"{realm}, error="invalid_token", error_description="{why}""#),
                json!({ "error": "invalid_token", "error_description": why }),
            ),
            Self::InsufficientScope(scope) => (
                format!(r#"{realm}, error="insufficient_scope", scope="{scope}""#),
                json!({ "error": "insufficient_scope", "scope": scope }),
            ),
        };
        HttpResponse::build(self.status_code()).insert_header((WWW_AUTHENTICATE, challenge)).json(body)
    }
}
