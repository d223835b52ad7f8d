//! `Actor`: who did it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};

use super::errors::{ApiError, Fallible};
use super::services::Services;
use crate::domain::StreamId;
use crate::event_log::record::ActorId;
use crate::event_log::{StoredEvent, read};

/// The kind of somebody who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::ActorType")]
pub enum ActorType {
    /// A person.
    User,
    /// A program with a token of its own.
    Service,
    /// The command line on the server's own machine.
    Cli,
    /// Latchkey itself.
    System,
}

/// Somebody who acts.
#[derive(Debug, Clone)]
pub struct Actor {
    actor: ActorId,
    name: Name,
}

/// Where the name of somebody is found. It is personal: the log keeps it sealed, and it is opened only when asked for.
#[derive(Debug, Clone)]
enum Name {
    Known(String),
    InEvent(Arc<StoredEvent>),
    InVersion(StreamId, u32),
}

impl Actor {
    /// Somebody whose name is at hand.
    pub(super) fn known(actor: &crate::domain::Actor) -> Self {
        let name = Name::Known(actor.display.clone());
        Self { actor: ActorId { r#type: actor.r#type, id: actor.id.clone() }, name }
    }

    /// Whoever caused an event.
    pub(super) fn of_event(event: Arc<StoredEvent>) -> Self {
        Self { actor: event.actor.clone(), name: Name::InEvent(event) }
    }

    /// Whoever caused the event that made a stream this version.
    pub(super) fn of_version(actor: ActorId, stream: StreamId, version: u32) -> Self {
        Self { actor, name: Name::InVersion(stream, version) }
    }

    async fn name(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        let event = match &self.name {
            Name::Known(name) => return Ok(Some(name.clone())),
            Name::InEvent(event) => Arc::clone(event),
            Name::InVersion(stream, version) => {
                let (stream, version) = (stream.clone(), *version);
                match Services::of(ctx)?.read(move |conn| read::version(conn, &stream, version)).await? {
                    Some(event) => Arc::new(event),
                    None => return Ok(None),
                }
            }
        };
        if self.actor.r#type == crate::domain::ActorType::System {
            return Ok(Some(crate::domain::Actor::system().display));
        }
        let personal = Services::of(ctx)?.log.personal(event).await?;
        Ok(personal.map(|personal| personal.actor_display))
    }
}

/// Somebody who acts.
#[Object]
impl Actor {
    /// The kind of somebody.
    async fn r#type(&self) -> ActorType {
        self.actor.r#type.into()
    }

    /// Stable pseudonym, never reused.
    async fn id(&self) -> ID {
        ID(self.actor.id.clone())
    }

    /// The name as it was; null after it was erased.
    async fn display(&self, ctx: &Context<'_>) -> Fallible<String> {
        self.name(ctx).await.transpose()
    }
}
