//! Connections and secret versions in memory, for the hot path: no query stands between a call and its token.
//!
//! Loaded from the tables at start, then follows every append before it is answered, so whoever reads after a mutation
//! sees it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::{connections, secrets};
use crate::domain::connection::{ActiveConnection, Connection, ConnectionEvent};
use crate::domain::secret::{Secret, SecretEvent};
use crate::domain::{Decider, Event, Key};
use crate::event_log::{Conn, DatabaseError, RecordedEvent};

/// Connections and secret versions as of the last acknowledged append.
#[derive(Default)]
pub struct Directory {
    // A std lock: held for a look-up or a change of one entry, never across an await.
    entries: RwLock<Entries>,
}

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
        Ok(Self { entries: RwLock::new(entries) })
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

    /// Follows events that are durable.
    pub(super) fn apply(&self, events: &[RecordedEvent]) {
        let is_ours = |recorded: &RecordedEvent| matches!(recorded.event, Event::Connection(_) | Event::Secret(_));
        if !events.iter().any(is_ours) {
            return;
        }
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for recorded in events {
            match (&recorded.event, recorded.stored.stream.key()) {
                (Event::Connection(event), Some(key)) => entries.apply_connection(key, event),
                (Event::Secret(event), Some(key)) => entries.apply_secret(key, event),
                (
                    Event::Connection(_) | Event::Secret(_) | Event::Token(_) | Event::Metadata(_) | Event::Exchange(_),
                    _,
                ) => {}
            }
        }
    }
}

impl Entries {
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
