//! Facts as the executor would record them.

use latchkey::domain::exchange::{
    Attempt, Completed, ExchangeEvent, ExchangeFailure, Failed, Started, Timings, TokenSource, TokenUse,
};
use latchkey::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase, OAuthError};
use latchkey::domain::token::{IssueReason, Issued, Rejected, RequestFailed, TokenEvent};
use latchkey::domain::{Event, Key, StreamId};
use uuid::Uuid;

pub(crate) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

pub(crate) fn exchange(id: u128) -> (StreamId, Uuid) {
    (StreamId::Exchange(Uuid::from_u128(id)), Uuid::from_u128(id))
}

pub(crate) fn started(connection: &str) -> Event {
    Event::Exchange(ExchangeEvent::Started(Started {
        connection: Some(key(connection)),
        connection_version: Some(1),
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        host: "api.example.com".to_owned(),
        path: "/orders".to_owned(),
        header_names: vec!["x-tenant".to_owned()],
        body_bytes: 7,
        idempotency_fingerprint: None,
        task: None,
        streamed: false,
    }))
}

pub(crate) fn completed(connection: &str, status: u16) -> Event {
    Event::Exchange(ExchangeEvent::Completed(Completed {
        connection: Some(key(connection)),
        status,
        body_bytes: 12,
        truncated: false,
        attempts: vec![Attempt { offset_us: 2_000, status: Some(status), reason: None, duration_us: 1_500 }],
        timings: Timings { total_us: 4_000, ..Timings::default() },
        token: Some(TokenUse { source: TokenSource::Fetched, fingerprint: "0123456789abcdef".to_owned() }),
        auth_failure: None,
        task: None,
        streamed: false,
    }))
}

pub(crate) fn invalid_client() -> AuthFailure {
    AuthFailure {
        oauth_error: Some(Box::new(OAuthError {
            error: "invalid_client".to_owned(),
            error_description: None,
            error_uri: None,
        })),
        http_status: Some(401),
        attempts: 1,
        ..AuthFailure::new(AuthPhase::Response, AuthFailureReason::InvalidClient, "the issuer says invalid_client")
    }
}

pub(crate) fn failed(connection: &str, failure: AuthFailure) -> Event {
    Event::Exchange(ExchangeEvent::Failed(Failed {
        connection: Some(key(connection)),
        failure: ExchangeFailure::Auth(failure),
        attempts: vec![],
        timings: Timings::default(),
        token: None,
        task: None,
        streamed: false,
    }))
}

pub(crate) fn issued() -> Event {
    Event::Token(TokenEvent::Issued(Issued {
        connection_version: 1,
        secret_version: 1,
        fingerprint: "8899aabbccddeeff".to_owned(),
        lifetime_ms: 3_600_000,
        scope: None,
        token_type: "Bearer".to_owned(),
        reason: IssueReason::First,
        attempts: 1,
        duration_us: 25_000,
    }))
}

pub(crate) fn request_failed(failure: AuthFailure) -> Event {
    let reason = IssueReason::First;
    Event::Token(TokenEvent::RequestFailed(RequestFailed {
        connection_version: 1,
        reason,
        failure,
        duration_us: 1,
        backoff_ms: None,
    }))
}

pub(crate) fn rejected(conclusive: bool) -> Event {
    let failure = AuthFailure::new(AuthPhase::Resource, AuthFailureReason::TokenRejected, "the API refused the token");
    Event::Token(TokenEvent::Rejected(Rejected {
        connection_version: 1,
        fingerprint: "0123456789abcdef".to_owned(),
        conclusive,
        failure,
    }))
}
