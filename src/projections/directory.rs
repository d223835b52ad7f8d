//! Connections and secret versions in memory, for the hot path: no query stands between a call and its token.
//!
//! Loaded from the tables at start, then follows every append before it is answered, so whoever reads after a mutation
//! sees it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::{connections, secrets};
use crate::domain::connection::{ActiveConnection, Connection, ConnectionEvent};
use crate::domain::secret::{Secret, SecretEvent};
use crate::domain::token::TokenEvent;
use crate::domain::{Decider, Event, Key};
use crate::event_log::{Conn, DatabaseError, RecordedEvent};

/// Connections and secret versions as of the last acknowledged append.
#[derive(Default)]
pub struct Directory {
    // A std lock: held for a look-up or a change of one entry, never across an await.
    entries: RwLock<Entries>,
    // A std lock: held while listeners are called, which must not block.
    listeners: RwLock<Vec<Listener>>,
}

/// Is told the Key of a connection.
type Listener = Box<dyn Fn(&Key) + Send + Sync>;

#[derive(Default)]
struct Entries {
    connections: HashMap<Key, Arc<ActiveConnection>>,
    secrets: HashMap<Key, u32>,
}

impl Directory {
    /// Loads the directory from the tables.
    ///
    /// # Errors
    /// The database failed.
    pub fn load(conn: &mut Conn<'_>) -> Result<Self, DatabaseError> {
        let connections = connections::all(conn)?.into_iter().map(|view| {
            let active = ActiveConnection { definition: view.definition, enabled: view.enabled, version: view.version };
            (view.key, Arc::new(active))
        });
        let entries = Entries {
            connections: connections.collect(),
            secrets: secrets::all(conn)?.into_iter().map(|view| (view.key, view.version)).collect(),
        };
        Ok(Self { entries: RwLock::new(entries), listeners: RwLock::default() })
    }

    /// The connection with this Key.
    pub fn connection(&self, key: &Key) -> Option<Arc<ActiveConnection>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).connections.get(key).cloned()
    }

    /// The issuers that connections have pinned, each with the Keys of those connections.
    pub fn connections_by_issuer(&self) -> BTreeMap<String, Vec<Key>> {
        let mut by_issuer: BTreeMap<String, Vec<Key>> = BTreeMap::new();
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        for (key, active) in &entries.connections {
            if let Some(pinned) = &active.definition.discovery {
                by_issuer.entry(pinned.issuer.clone()).or_default().push(key.clone());
            }
        }
        by_issuer
    }

    /// The version of the secret with this Key.
    pub fn secret_version(&self, key: &Key) -> Option<u32> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).secrets.get(key).copied()
    }

    /// Has `listener` told of every connection whose tokens are not to be used any more, because it or its secret changed or
    /// somebody evicted them: when the directory knows, and before the change is acknowledged. It must not block.
    pub fn on_stale_tokens(&self, listener: impl Fn(&Key) + Send + Sync + 'static) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Follows events that are durable.
    pub(super) fn apply(&self, events: &[RecordedEvent]) {
        let is_ours = |recorded: &RecordedEvent| {
            matches!(recorded.event, Event::Connection(_) | Event::Secret(_) | Event::Token(TokenEvent::Evicted(_)))
        };
        if !events.iter().any(is_ours) {
            return;
        }
        let mut stale = Vec::new();
        {
            let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
            for recorded in events {
                match (&recorded.event, recorded.stored.stream.key()) {
                    (Event::Connection(event), Some(key)) => {
                        entries.apply_connection(key, event);
                        stale.push(key.clone());
                    }
                    (Event::Secret(event), Some(key)) => {
                        entries.apply_secret(key, event);
                        stale.extend(entries.users_of(key));
                    }
                    (Event::Token(TokenEvent::Evicted(_)), Some(key)) => stale.push(key.clone()),
                    (
                        Event::Connection(_)
                        | Event::Secret(_)
                        | Event::Token(_)
                        | Event::Metadata(_)
                        | Event::Exchange(_)
                        | Event::Task(_)
                        | Event::ConnectionTest(_),
                        _,
                    ) => {}
                }
            }
        }
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        for key in &stale {
            listeners.iter().for_each(|listener| listener(key));
        }
    }
}

impl Entries {
    /// Keys of the connections with this secret.
    fn users_of(&self, secret: &Key) -> Vec<Key> {
        let uses = |active: &ActiveConnection| active.definition.authentication.secret() == Some(secret);
        self.connections.iter().filter(|(_, active)| uses(active)).map(|(key, _)| key.clone()).collect()
    }

    fn apply_connection(&mut self, key: &Key, event: &ConnectionEvent) {
        let before = match self.connections.remove(key) {
            Some(active) => Connection::Active(Box::new(Arc::unwrap_or_clone(active))),
            None => Connection::Unborn,
        };
        if let Connection::Active(active) = before.evolve(event) {
            self.connections.insert(key.clone(), Arc::new(*active));
        }
    }

    fn apply_secret(&mut self, key: &Key, event: &SecretEvent) {
        match event {
            SecretEvent::Created(_) => {
                let created = Secret::default().evolve(event);
                self.secrets.insert(key.clone(), created.version());
            }
            SecretEvent::Rotated(_) => {
                if let Some(version) = self.secrets.get_mut(key) {
                    *version = version.saturating_add(1);
                }
            }
            SecretEvent::Deleted(_) => {
                self.secrets.remove(key);
            }
        }
    }
}
