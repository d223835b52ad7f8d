//! Who did it.

use serde::{Deserialize, Serialize};

/// The kind of somebody who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActorType {
    /// A person.
    User,
    /// A program with a token of its own.
    Service,
    /// The command line on the server's own machine.
    Cli,
    /// Latchkey itself: start-up recovery, seeding, background work.
    System,
}

impl ActorType {
    /// The persisted name.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Service => "SERVICE",
            Self::Cli => "CLI",
            Self::System => "SYSTEM",
        }
    }
}

/// Who caused an event. `id` is a stable pseudonym; `display` is personal and is kept sealed in the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The kind of somebody.
    pub r#type: ActorType,
    /// Stable id, never reused: the subject whose key seals the personal fields.
    pub id: String,
    /// The name as it was when the event happened.
    pub display: String,
}

impl Actor {
    /// Latchkey itself.
    pub fn system() -> Self {
        Self { r#type: ActorType::System, id: "system".to_owned(), display: "Latchkey".to_owned() }
    }

    /// Whoever holds the bootstrap admin token.
    pub fn admin() -> Self {
        Self { r#type: ActorType::Service, id: "admin-token".to_owned(), display: "Admin token".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_kind_is_the_one_in_the_record() {
        for kind in [ActorType::User, ActorType::Service, ActorType::Cli, ActorType::System] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
