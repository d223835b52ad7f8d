//! The messages of graphql-transport-ws, read strictly and written.
//!
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>

use std::borrow::Cow;

use async_graphql::{Response, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::server::graphql::params::Params;

/// The subprotocol that is spoken.
pub(super) const SUBPROTOCOL: &str = "graphql-transport-ws";

/// The longest id of an operation, in characters.
pub const OPERATION_ID_CHARS_MAX: usize = 128;

/// The longest reason that a close frame carries, in bytes (RFC 6455, 5.5).
const CLOSE_REASON_BYTES_MAX: usize = 123;

/// Why a socket is closed, where it is the client's doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("Invalid message received: {0}")]
    InvalidMessage(&'static str),
    #[error("Unauthorized")]
    NotInitialised,
    #[error("Forbidden")]
    Forbidden,
    #[error("Subprotocol not acceptable")]
    Subprotocol,
    #[error("Connection initialisation timeout")]
    InitTimeout,
    #[error("Subscriber for {0} already exists")]
    DuplicateId(String),
    #[error("Too many initialisation requests")]
    InitTwice,
}

impl Violation {
    pub(super) fn close_code(&self) -> u16 {
        match self {
            Self::InvalidMessage(_) => 4400,
            Self::NotInitialised => 4401,
            Self::Forbidden => 4403,
            Self::Subprotocol => 4406,
            Self::InitTimeout => 4408,
            Self::DuplicateId(_) => 4409,
            Self::InitTwice => 4429,
        }
    }
}

/// Cuts a close reason to what a close frame can carry, at a character's edge.
pub(super) fn close_reason(text: &str) -> &str {
    let (kept, _) = text.split_at(text.floor_char_boundary(CLOSE_REASON_BYTES_MAX));
    kept
}

/// What a client says.
#[derive(Debug)]
pub(super) enum ClientMessage<'a> {
    /// With the value of the payload's `Authorization`, if there is one.
    ConnectionInit {
        authorization: Option<String>,
    },
    Ping {
        payload: Option<&'a RawValue>,
    },
    Pong,
    Subscribe {
        id: String,
        params: Box<Params>,
    },
    Complete {
        id: String,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl<'a> ClientMessage<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Violation> {
        let envelope: Envelope<'a> = serde_json::from_str(text).map_err(|_| invalid("not a JSON object"))?;
        let kind = envelope.kind.and_then(|kind| serde_json::from_str::<Cow<'_, str>>(kind.get()).ok());
        match kind.as_deref() {
            Some("connection_init") => {
                object(envelope.payload)?;
                Ok(Self::ConnectionInit { authorization: authorization(envelope.payload)? })
            }
            Some("ping") => Ok(Self::Ping { payload: object(envelope.payload)? }),
            Some("pong") => object(envelope.payload).map(|_| Self::Pong),
            Some("subscribe") => {
                let payload = envelope.payload.ok_or(invalid("`subscribe` without a payload"))?;
                let params = Params::from_json(payload.get()).map_err(|_| invalid("the payload of `subscribe`"))?;
                Ok(Self::Subscribe { id: id(envelope.id)?, params: Box::new(params) })
            }
            Some("complete") => Ok(Self::Complete { id: id(envelope.id)? }),
            Some(_) => Err(invalid("unknown type")),
            None => Err(invalid("no type")),
        }
    }
}

fn invalid(what: &'static str) -> Violation {
    Violation::InvalidMessage(what)
}

fn id(raw: Option<&RawValue>) -> Result<String, Violation> {
    let id: Option<String> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
    id.filter(|id| !id.is_empty() && id.chars().count() <= OPERATION_ID_CHARS_MAX).ok_or(invalid("no usable id"))
}

/// A payload is an object, null, or absent.
fn object(payload: Option<&RawValue>) -> Result<Option<&RawValue>, Violation> {
    match payload {
        Some(payload) if !payload.get().starts_with('{') => Err(invalid("the payload is not an object")),
        payload => Ok(payload),
    }
}

/// Finds the credentials in the payload of `connection_init`: clients spell the name like the header, in any case.
fn authorization(payload: Option<&RawValue>) -> Result<Option<String>, Violation> {
    let Some(payload) = payload else { return Ok(None) };
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(payload.get()).map_err(|_| invalid("the payload is not an object"))?;
    let mut found = members.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some((_, serde_json::Value::String(value))), None) => Ok(Some(value)),
        // Two of them, or one that is no text, cannot be believed.
        _ => Err(Violation::Forbidden),
    }
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a RawValue>,
    },
    Next {
        id: &'a str,
        payload: &'a Response,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

impl ServerMessage<'_> {
    /// The text of the message; nothing where an answer cannot be written as JSON, which no answer of ours is.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> u16 {
        ClientMessage::parse(text).unwrap_err().close_code()
    }

    #[test]
    fn every_message_is_read() {
        let init = ClientMessage::parse(r#"{"type":"connection_init","payload":{"AUTHORIZATION":"Bearer x"}}"#);
        let Ok(ClientMessage::ConnectionInit { authorization: Some(value) }) = init else { panic!("{init:?}") };
        assert_eq!(value, "Bearer x");
        let ping = ClientMessage::parse(r#"{"type":"ping","payload":{"a":1}}"#);
        let Ok(ClientMessage::Ping { payload: Some(payload) }) = ping else { panic!("{ping:?}") };
        assert_eq!(payload.get(), r#"{"a":1}"#);
        assert!(matches!(ClientMessage::parse(r#"{"type":"pong","payload":null}"#), Ok(ClientMessage::Pong)));
        let subscribe = ClientMessage::parse(r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#);
        let Ok(ClientMessage::Subscribe { id, params }) = subscribe else { panic!("{subscribe:?}") };
        assert_eq!((id.as_str(), params.query.as_str()), ("1", "{a}"));
        let complete = ClientMessage::parse(r#"{"type":"complete","id":"1"}"#);
        assert!(matches!(complete, Ok(ClientMessage::Complete { id }) if id == "1"));
    }

    #[test]
    fn a_malformed_message_closes_with_4400() {
        for text in [
            "",
            "x",
            "[]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":"connection_init","payload":1}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"ping","payload":"x"}"#,
            r#"{"type":"pong","payload":true}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert_eq!(refused(text), 4400, "{text}");
        }
    }

    #[test]
    fn the_id_has_a_limit() {
        let complete = |length: usize| format!(r#"{{"type":"complete","id":"{}"}}"#, "é".repeat(length));
        assert!(ClientMessage::parse(&complete(OPERATION_ID_CHARS_MAX)).is_ok());
        assert_eq!(refused(&complete(OPERATION_ID_CHARS_MAX + 1)), 4400);
    }

    #[test]
    fn doubtful_credentials_are_forbidden() {
        assert_eq!(refused(r#"{"type":"connection_init","payload":{"Authorization":1}}"#), 4403);
        assert_eq!(refused(r#"{"type":"connection_init","payload":{"Authorization":"a","authorization":"b"}}"#), 4403);
    }

    #[test]
    fn a_close_reason_is_cut_at_a_character() {
        assert_eq!(close_reason(&"x".repeat(124)), "x".repeat(123));
        assert_eq!(close_reason(&"é".repeat(62)), "é".repeat(61));
        assert_eq!(close_reason("Forbidden"), "Forbidden");
    }
}
