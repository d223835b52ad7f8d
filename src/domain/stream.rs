//! The names of the log's streams: `category/id`.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Key;

/// A stream of the log. Its text form is persisted and never changes meaning.
///
/// Connections, secrets and tasks use their Key as id: a Key is unique and never reused, so "the stream has no events yet" *is*
/// the uniqueness rule, kept by `UNIQUE(stream, version)` with no second look-up that could race.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StreamId {
    /// `connection/<key>`
    Connection(Key),
    /// `secret/<key>`
    Secret(Key),
    /// `token/<connection key>`
    Token(Key),
    /// `task/<key>`
    Task(Key),
    /// `exchange/<uuid>`
    Exchange(Uuid),
    /// `test/<uuid>`
    Test(Uuid),
}

impl StreamId {
    /// Parses the persisted form; `None` for a category or id that this version does not know.
    pub fn parse(text: &str) -> Option<Self> {
        let (category, id) = text.split_once('/')?;
        match category {
            "connection" => Key::parse(id).ok().map(Self::Connection),
            "secret" => Key::parse(id).ok().map(Self::Secret),
            "token" => Key::parse(id).ok().map(Self::Token),
            "task" => Key::parse(id).ok().map(Self::Task),
            "exchange" => Uuid::parse_str(id).ok().map(Self::Exchange),
            "test" => Uuid::parse_str(id).ok().map(Self::Test),
            _ => None,
        }
    }

    /// The connection, secret or task that the stream is about, when its id is a Key.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Connection(key) | Self::Secret(key) | Self::Token(key) | Self::Task(key) => Some(key),
            Self::Exchange(_) | Self::Test(_) => None,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(key) => write!(f, "connection/{key}"),
            Self::Secret(key) => write!(f, "secret/{key}"),
            Self::Token(key) => write!(f, "token/{key}"),
            Self::Task(key) => write!(f, "task/{key}"),
            Self::Exchange(id) => write!(f, "exchange/{id}"),
            Self::Test(id) => write!(f, "test/{id}"),
        }
    }
}

impl Serialize for StreamId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("unknown stream"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_parses_back() {
        for text in [
            "connection/my-client",
            "secret/s",
            "token/my-client",
            "task/t",
            "exchange/018f3c4e-0000-7000-8000-000000000001",
            "test/018f3c4e-0000-7000-8000-000000000001",
        ] {
            assert_eq!(StreamId::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        }
        for text in ["connection", "connection/", "connection/A", "other/a", "exchange/1"] {
            assert_eq!(StreamId::parse(text), None, "{text}");
        }
    }
}
