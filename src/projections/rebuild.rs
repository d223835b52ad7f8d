//! Rebuilds every read model from zero and compares: the proof that they say what the log says.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::{
    auth_failures, connection_states, connection_tests, connection_uses, connections, exchanges, metadata_changes,
    project, secret_uses, secrets, tasks, usage,
};
use crate::domain::StreamId;
use crate::event_log::merkle::{Frontier, leaf_hash};
use crate::event_log::read::{self, PAGE_EVENTS_MAX};
use crate::event_log::{
    Conn, Database, DatabaseError, Filter, Page, Position, RecordedEvent, StoredEvent, Synchronous,
};

/// Differences listed for one read model.
const DIFFERENCES_MAX: usize = 5;

/// What a check of the log and its read models found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Events that were replayed.
    pub events: Position,
    /// What is wrong, in words; empty when all is well.
    pub findings: Vec<String>,
}

/// Replays the whole log into an empty database at `scratch` and compares every read model, every position, every stream
/// version, every leaf hash, the columns by which events are found, and the root and frontier of the tree.
///
/// Reads the log in one snapshot, so it can run while a server writes.
///
/// # Errors
/// The database failed, or an event can't be understood.
pub fn check(database: &Database, scratch: &Path) -> Result<CheckReport, DatabaseError> {
    let rebuilt = Database::open_sqlite(scratch, Synchronous::Normal)?;
    rebuilt.migrate()?;
    database.read(|conn| {
        // One snapshot of log and read models: a server may be writing.
        conn.snapshot(|conn| {
            let (frontier, versions) = (Frontier::default(), HashMap::new());
            let mut replay = Replay { rebuilt: &rebuilt, frontier, versions, findings: Vec::new() };
            replay.run(conn)?;
            replay.compare(conn)?;
            Ok(CheckReport { events: replay.frontier.size(), findings: replay.findings })
        })
    })
}

struct Replay<'a> {
    rebuilt: &'a Database,
    frontier: Frontier,
    versions: HashMap<StreamId, u32>,
    findings: Vec<String>,
}

impl Replay<'_> {
    fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), DatabaseError> {
        let mut after = 0;
        loop {
            let events = read::page(conn, Page::after(after, PAGE_EVENTS_MAX), &Filter::default())?;
            if events.is_empty() {
                break;
            }
            for position in read::misfiled(conn, &events)? {
                self.findings.push(format!("the columns of position {position} do not say what its record says"));
            }
            let mut batch = Vec::with_capacity(events.len());
            for stored in events {
                self.examine(after.saturating_add(1), &stored);
                after = stored.position;
                let event = stored.event().map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
                batch.push(RecordedEvent { stored: Arc::new(stored), event });
            }
            self.rebuilt.write(|conn| project(conn, &batch))?;
        }
        let head = read::head(conn)?;
        let (size, root) = (self.frontier.size(), self.frontier.root());
        if (head.size, head.root) != (size, root) {
            self.findings.push(format!("the tree's root does not fit the {size} events"));
        }
        if head.frontier != self.frontier {
            self.findings
                .push(format!("the tree's frontier does not fit the {size} events: the next append would be wrong"));
        }
        Ok(())
    }

    fn examine(&mut self, expected: Position, stored: &StoredEvent) {
        let position = stored.position;
        if position != expected {
            self.findings.push(format!("position {position} stands where {expected} was due"));
        }
        let leaf = leaf_hash(&stored.record);
        if leaf != stored.leaf_hash {
            self.findings.push(format!("the record at position {position} does not have its leaf hash"));
        }
        self.frontier.push(leaf);
        let version = self.versions.entry(stored.stream.clone()).or_insert(0);
        *version = version.saturating_add(1);
        if *version != stored.version {
            let (stream, found) = (&stored.stream, stored.version);
            self.findings.push(format!("stream {stream} has version {found} where {version} was due"));
        }
    }

    fn compare(&mut self, conn: &mut Conn<'_>) -> Result<(), DatabaseError> {
        type Dump = fn(&mut Conn<'_>) -> Result<Vec<String>, DatabaseError>;
        let models: [(&str, Dump); 11] = [
            ("connections", connections::dump),
            ("secrets", |conn| Ok(secrets::all(conn)?.iter().map(|view| format!("{view:?}")).collect())),
            ("secret_uses", secret_uses::dump),
            ("tasks", tasks::dump),
            ("metadata_changes", metadata_changes::dump),
            ("exchanges", exchanges::dump),
            ("auth_failures", auth_failures::dump),
            ("usage", usage::dump),
            ("connection_states", connection_states::dump),
            ("connection_tests", connection_tests::dump),
            ("connection_uses", connection_uses::dump),
        ];
        for (name, dump) in models {
            let stored = dump(conn)?;
            let replayed = self.rebuilt.read(dump)?;
            let only_in = |a: &[String], b: &[String]| -> Vec<String> {
                let known: std::collections::HashSet<&String> = b.iter().collect();
                a.iter().filter(|row| !known.contains(row)).take(DIFFERENCES_MAX).cloned().collect()
            };
            let mut found = |side: &str, rows: Vec<String>| {
                self.findings.extend(rows.into_iter().map(|row| format!("{name}: {side}: {row}")));
            };
            found("stored, but the log does not say so", only_in(&stored, &replayed));
            found("the log says so, but it is not stored", only_in(&replayed, &stored));
            if stored.len() != replayed.len() {
                self.findings.push(format!("{name}: {} rows stored, {} replayed", stored.len(), replayed.len()));
            }
        }
        Ok(())
    }
}
