//! Changes to connections, secrets and HTTP Request Tasks: the checks that need stored secrets or the address guard, and the writes that go
//! with the events. What may change is decided in `domain`.
//!
//! Deliberately absent: reading for display (see `projections`), GraphQL types, token requests. The one thing that is sent
//! from here is the question to an issuer where its token endpoint is.

mod client_certificate;
pub mod confirmation;
mod connections;
mod credentials;
mod discovery;
pub mod idempotency;
mod metadata;
mod metadata_watch;
mod secrets;
mod tasks;

use std::sync::Arc;

pub use client_certificate::client_identity;
pub use connections::{ConnectionChange, NewConnection, SavedConnection};
pub use discovery::Endpoint;
pub use metadata_watch::MetadataWatch;
pub use secrets::{NewSecret, Removal, Rotation};
pub use tasks::{NewTask, TaskChange, TaskRemoval};

use self::confirmation::Confirmations;
use crate::clock::{Clock, Ids};
use crate::command::CommandError;
use crate::crypto::KeyRing;
use crate::event_log::{DatabaseError, EventLog, Position};
use crate::net::EgressPolicy;
use crate::oauth::{Discovery, DiscoveryError};

/// Changes connections, secrets and tasks. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    log: EventLog,
    ids: Ids,
    keys: Arc<KeyRing>,
    egress: EgressPolicy,
    confirmations: Arc<Confirmations>,
    discovery: Discovery,
}

/// Everything that the registry needs from outside.
pub struct RegistrySettings {
    /// Where changes are recorded.
    pub log: EventLog,
    /// Measures how long guessing is paused.
    pub clock: Clock,
    /// Names events.
    pub ids: Ids,
    /// Seals secrets.
    pub keys: Arc<KeyRing>,
    /// Judges Access Token URLs when they are saved.
    pub egress: EgressPolicy,
    /// Reads what issuers publish.
    pub discovery: Discovery,
}

/// What a change led to.
#[derive(Debug, Clone)]
pub struct Changed<V> {
    /// The state after it; `None` after a delete.
    pub view: Option<V>,
    /// Positions of its events; empty when nothing had to change.
    pub positions: Vec<Position>,
}

/// Why a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError<R: std::error::Error + 'static> {
    /// The rules say no.
    #[error(transparent)]
    Rejected(R),
    /// The address guard refuses the Access Token URL, or the URL of a task.
    #[error(transparent)]
    EgressDenied(crate::net::EgressDenied),
    /// The issuer publishes nothing that can be used.
    #[error(transparent)]
    Discovery(DiscoveryError),
    /// It could not be carried out.
    #[error(transparent)]
    Failed(CommandError<R>),
}

impl<R: std::error::Error + 'static> From<CommandError<R>> for ChangeError<R> {
    fn from(error: CommandError<R>) -> Self {
        match error {
            CommandError::Rejected(rejection) => Self::Rejected(rejection),
            other => Self::Failed(other),
        }
    }
}

impl<R: std::error::Error + 'static> From<DatabaseError> for ChangeError<R> {
    fn from(error: DatabaseError) -> Self {
        Self::Failed(CommandError::Database(error))
    }
}

impl Registry {
    /// A registry.
    pub fn new(settings: RegistrySettings) -> Self {
        let RegistrySettings { log, clock, ids, keys, egress, discovery } = settings;
        Self { log, ids, keys, egress, discovery, confirmations: Arc::new(Confirmations::new(clock)) }
    }
}
