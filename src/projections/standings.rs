//! Every connection as it stood behind some position of the log, in memory, for whoever follows their states from there.

use std::collections::BTreeMap;

use super::connection_states::{EVENT_TYPES, fact};
use super::connections::{self, ConnectionView};
use crate::domain::connection_state::Concern;
use crate::domain::{Event, Key};
use crate::event_log::read::{self, PAGE_EVENTS_MAX};
use crate::event_log::{Conn, DatabaseError, Filter, Page, Position, StoredEvent};

/// Connections as they stood. Follows events, and answers with what each one changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings {
    views: BTreeMap<Key, ConnectionView>,
    /// Which connections are followed; empty means all.
    keys: Vec<Key>,
}

impl Standings {
    /// Connections as they stood behind a position. From the tables when that is the end of the log, else folded from its
    /// start: a place further back is asked for seldom, and no table knows it.
    ///
    /// # Errors
    /// The database failed, or an event can't be understood.
    pub fn load(conn: &mut Conn<'_>, behind: Position, keys: Vec<Key>) -> Result<Self, DatabaseError> {
        // One snapshot of head and tables: the log goes on meanwhile.
        conn.snapshot(|conn| {
            let mut standings = Self { views: BTreeMap::new(), keys };
            if read::head(conn)?.size == behind {
                let views = connections::all(conn)?.into_iter().filter(|view| standings.follows(&view.key));
                standings.views = views.map(|view| (view.key.clone(), view)).collect();
                return Ok(standings);
            }
            let filter = Filter { types: Some(EVENT_TYPES.map(str::to_owned).to_vec()), ..Filter::default() };
            let mut after = 0;
            loop {
                let page = Page { before: Some(behind.saturating_add(1)), ..Page::after(after, PAGE_EVENTS_MAX) };
                let events = read::page(conn, page, &filter)?;
                let Some(last) = events.last() else { return Ok(standings) };
                after = last.position;
                for stored in &events {
                    let event = stored.event().map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
                    standings.apply(stored, &event)?;
                }
            }
        })
    }

    /// Every connection, by Key.
    pub fn views(&self) -> impl Iterator<Item = &ConnectionView> {
        self.views.values()
    }

    /// The connection with this Key, unless it was deleted or is not followed.
    pub fn view(&self, key: &Key) -> Option<&ConnectionView> {
        self.views.get(key)
    }

    /// Folds the next event; gives the Keys of the connections whose standing it concerned.
    ///
    /// # Errors
    /// The event is not what its stream promises.
    pub fn apply(&mut self, stored: &StoredEvent, event: &Event) -> Result<Vec<Key>, DatabaseError> {
        let fact = fact(stored, event);
        let concerned: Vec<Key> = match fact.concern() {
            None => Vec::new(),
            Some(Concern::Connection(key)) => vec![key.clone()],
            Some(Concern::UsersOf(secret)) => {
                let users = self.views.values().filter(|view| view.standing.secret() == Some(secret));
                users.map(|view| view.key.clone()).collect()
            }
        };
        let concerned: Vec<Key> = concerned.into_iter().filter(|key| self.follows(key)).collect();
        for key in &concerned {
            let before = self.views.remove(key);
            if let Some(after) = connections::evolve(before, stored, event)? {
                self.views.insert(key.clone(), after);
            }
        }
        Ok(concerned)
    }

    fn follows(&self, key: &Key) -> bool {
        self.keys.is_empty() || self.keys.contains(key)
    }
}
