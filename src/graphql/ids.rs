//! Relay's global ids, and the cursors of lists: opaque to clients, readable here.

use async_graphql::ID;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::domain::Key;
use crate::event_log::Position;

/// What a global id names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeId {
    /// A `ConnectionProfile`.
    Connection(Key),
    /// A `Secret`.
    Secret(Key),
    /// An `HttpRequestTask`.
    HttpRequestTask(Key),
    /// An `HttpExchange`.
    Exchange(Uuid),
    /// An `AuthFailure` of a token, by the position of its event.
    AuthFailure(Position),
    /// An `AuthFailure` as the end of an exchange, or of a connection test.
    AuthFailureOf(Uuid),
    /// A `ConnectionTest`.
    ConnectionTest(Uuid),
    /// An `AuditEvent`.
    AuditEvent(Position),
}

impl NodeId {
    /// The id as clients see it.
    pub fn to_id(&self) -> ID {
        let text = match self {
            Self::Connection(key) => format!("ConnectionProfile:{key}"),
            Self::Secret(key) => format!("Secret:{key}"),
            Self::HttpRequestTask(key) => format!("HttpRequestTask:{key}"),
            Self::Exchange(id) => format!("HttpExchange:{id}"),
            Self::AuthFailure(position) => format!("AuthFailure:{position}"),
            Self::AuthFailureOf(exchange) => format!("AuthFailure:{exchange}"),
            Self::ConnectionTest(id) => format!("ConnectionTest:{id}"),
            Self::AuditEvent(position) => format!("AuditEvent:{position}"),
        };
        ID(URL_SAFE_NO_PAD.encode(text))
    }

    /// Reads an id; `None` for anything that [`NodeId::to_id`] did not write.
    pub fn parse(id: &ID) -> Option<Self> {
        let text = decoded(id)?;
        let (type_name, rest) = text.split_once(':')?;
        let position = || rest.parse::<Position>().ok();
        let parsed = match type_name {
            "ConnectionProfile" => Self::Connection(Key::parse(rest).ok()?),
            "Secret" => Self::Secret(Key::parse(rest).ok()?),
            "HttpRequestTask" => Self::HttpRequestTask(Key::parse(rest).ok()?),
            "HttpExchange" => Self::Exchange(Uuid::parse_str(rest).ok()?),
            "AuthFailure" => match position() {
                Some(position) => Self::AuthFailure(position),
                None => Self::AuthFailureOf(Uuid::parse_str(rest).ok()?),
            },
            "ConnectionTest" => Self::ConnectionTest(Uuid::parse_str(rest).ok()?),
            "AuditEvent" => Self::AuditEvent(position()?),
            _ => return None,
        };
        (parsed.to_id() == *id).then_some(parsed)
    }
}

/// A list that has cursors. A query and a subscription of the same things are one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// `connections`
    Connections,
    /// `secrets`
    Secrets,
    /// `httpRequestTasks`
    HttpRequestTasks,
    /// `auditEvents`, and what is a part of it.
    AuditEvents,
    /// `httpExchanges`
    HttpExchanges,
    /// `authFailures`
    AuthFailures,
    /// `connectionStates`
    ConnectionStates,
}

impl ListKind {
    fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Secrets => "secrets",
            Self::HttpRequestTasks => "httpRequestTasks",
            Self::AuditEvents => "auditEvents",
            Self::HttpExchanges => "httpExchanges",
            Self::AuthFailures => "authFailures",
            Self::ConnectionStates => "connectionStates",
        }
    }

    fn write(self, place: impl std::fmt::Display) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{place}", self.name()))
    }

    fn read(self, cursor: &str) -> Option<String> {
        Some(decoded(cursor)?.strip_prefix(self.name())?.strip_prefix(':')?.to_owned())
    }
}

/// A place in a list. The cursor names the list, so that one of another list is never taken for it.
pub trait Cursor: Sized {
    /// The cursor as clients see it.
    fn encode(&self, list: ListKind) -> String;
    /// Reads a cursor; `None` for anything that [`Cursor::encode`] did not write for this list.
    fn decode(list: ListKind, text: &str) -> Option<Self>;
}

impl Cursor for String {
    fn encode(&self, list: ListKind) -> String {
        list.write(self)
    }

    fn decode(list: ListKind, text: &str) -> Option<Self> {
        Key::parse(&list.read(text)?).ok().map(Self::from)
    }
}

impl Cursor for Position {
    fn encode(&self, list: ListKind) -> String {
        list.write(self)
    }

    fn decode(list: ListKind, text: &str) -> Option<Self> {
        let position = list.read(text)?.parse().ok()?;
        // Databases have signed integers only.
        i64::try_from(position).ok().map(|_| position)
    }
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_nothing_else_does() {
        let key = Key::parse("my-client").unwrap();
        let id = Uuid::from_u128(7);
        for node in [
            NodeId::Connection(key.clone()),
            NodeId::Secret(key.clone()),
            NodeId::HttpRequestTask(key),
            NodeId::Exchange(id),
            NodeId::AuthFailure(3),
            NodeId::AuthFailureOf(id),
            NodeId::ConnectionTest(id),
            NodeId::AuditEvent(u64::MAX),
        ] {
            assert_eq!(NodeId::parse(&node.to_id()), Some(node));
        }
        for text in
            ["", "x", "Secret:s", "ConnectionProfile:A", "AuditEvent:-1", "AuditEvent:+1", "AuditEvent:01", "Actor:a"]
        {
            assert_eq!(NodeId::parse(&ID(text.to_owned())), None, "{text}");
            assert_eq!(NodeId::parse(&ID(URL_SAFE_NO_PAD.encode(text))).is_some(), text == "Secret:s", "{text}");
        }
    }

    #[test]
    fn a_cursor_of_one_list_is_none_of_another() {
        let lists = [
            ListKind::Connections,
            ListKind::Secrets,
            ListKind::HttpRequestTasks,
            ListKind::AuditEvents,
            ListKind::HttpExchanges,
            ListKind::AuthFailures,
            ListKind::ConnectionStates,
        ];
        let (by_key, by_position) = ("my-client".to_owned(), 42_u64);
        for made_by in lists {
            for list in lists {
                let is_same = made_by == list;
                assert_eq!(String::decode(list, &by_key.encode(made_by)), is_same.then(|| by_key.clone()));
                assert_eq!(Position::decode(list, &by_position.encode(made_by)), is_same.then_some(by_position));
            }
        }
        assert_eq!(Position::decode(ListKind::AuditEvents, &by_key.encode(ListKind::AuditEvents)), None);
        assert_eq!(Position::decode(ListKind::AuditEvents, &u64::MAX.encode(ListKind::AuditEvents)), None);
    }
}
