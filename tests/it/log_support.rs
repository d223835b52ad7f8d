//! Logs for tests: a database of their own each, a clock that stands still, ids that can be predicted.

pub(crate) mod samples;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use latchkey::clock::{Clock, Ids};
use latchkey::crypto::{EncryptionKey, KeyRing};
use latchkey::domain::actor::ActorType;
use latchkey::domain::definition::{ClientAuthentication, ClientSecret, ConnectionDefinition, CredentialPlacement};
use latchkey::domain::secret::{self, SecretEvent, SecretProvider};
use latchkey::domain::{Actor, Event, HttpUrl, Key, StreamId};
use latchkey::event_log::read::{self, Head};
use latchkey::event_log::{
    Append, Conn, Database, DatabaseError, EventLog, Expected, Filter, LogSettings, NewEvent, Page, Projector,
    Provenance, RecordedEvent, StoredEvent, Synchronous,
};
use latchkey::projections::{Directory, ReadModels};
use tempfile::TempDir;
use uuid::Uuid;

/// How long a test waits before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A migrated database of its own, gone when dropped. The conformance tests know no more of it than this.
pub(crate) struct Backend {
    pub(crate) database: Database,
    folder: TempDir,
}

/// The one place that chooses the database under test.
pub(crate) fn backend() -> Backend {
    let folder = tempfile::tempdir().unwrap();
    // What a power cut does is not tested here, so nobody waits for the disk.
    let database = Database::open_sqlite(&folder.path().join("latchkey.db"), Synchronous::Normal).unwrap();
    database.migrate().unwrap();
    Backend { database, folder }
}

impl Backend {
    /// A path in the backend's folder that nothing is at.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch.db")
    }

    /// A log with the real read models.
    pub(crate) fn log(&self) -> TestLog {
        let directory = Arc::new(self.database.read(Directory::load).unwrap());
        let log = self.log_with(Arc::new(ReadModels::new(Arc::clone(&directory))));
        TestLog { directory, ..log }
    }

    /// A log whose appends drive `projector`.
    pub(crate) fn log_with(&self, projector: Arc<dyn Projector>) -> TestLog {
        let clock = Clock::manual(noon());
        let settings = LogSettings { database: self.database.clone(), keys: keys(), clock: clock.clone(), projector };
        let log = EventLog::open(settings).unwrap();
        TestLog { log, clock, ids: Ids::random(), directory: Arc::default() }
    }
}

/// An open log and what it was opened with.
pub(crate) struct TestLog {
    pub(crate) log: EventLog,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) directory: Arc<Directory>,
}

impl TestLog {
    /// An append by Latchkey itself.
    pub(crate) fn append(&self, stream: &StreamId, expected: Expected, events: Vec<Event>) -> Append {
        let provenance = Arc::new(Provenance::system(Uuid::nil()));
        let events = events.into_iter().map(|event| NewEvent { id: self.ids.next(), event }).collect();
        Append { stream: stream.clone(), expected, events, provenance, alongside: None }
    }

    /// Appends whatever the stream looks like.
    pub(crate) async fn add(&self, stream: &StreamId, events: Vec<Event>) -> Vec<RecordedEvent> {
        self.log.append(self.append(stream, Expected::Any, events)).await.unwrap().events
    }

    pub(crate) fn head(&self) -> Head {
        self.log.database().read(read::head).unwrap()
    }

    /// Every event, oldest first.
    pub(crate) fn everything(&self) -> Vec<StoredEvent> {
        all_events(self.log.database())
    }
}

/// Every event of a database, oldest first.
pub(crate) fn all_events(database: &Database) -> Vec<StoredEvent> {
    let mut all: Vec<StoredEvent> = Vec::new();
    loop {
        let page = Page::after(all.last().map_or(0, |event| event.position), 1_000);
        let more = database.read(|conn| read::page(conn, page, &Filter::default())).unwrap();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// A projector that keeps no read model, for appends that are no valid history.
pub(crate) struct NoModels;

impl Projector for NoModels {
    fn project(&self, _: &mut Conn<'_>, _: &[RecordedEvent]) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn committed(&self, _: &[RecordedEvent]) {}
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn keys() -> Arc<KeyRing> {
    let key = EncryptionKey::from_hex(&"0b".repeat(32).into()).unwrap();
    Arc::new(KeyRing::new(&key, &[]))
}

pub(crate) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

pub(crate) fn secret_stream(text: &str) -> StreamId {
    StreamId::Secret(key(text))
}

/// A person with personal fields, at work.
pub(crate) fn by(id: &str, display: &str) -> Provenance {
    Provenance {
        actor: Actor { r#type: ActorType::User, id: id.to_owned(), display: display.to_owned() },
        request_id: Some(Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00a1)),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        correlation_id: Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00c1),
        causation_id: None,
        source_ip: Some("198.51.100.7".to_owned()),
        user_agent: Some("curl/8.5.0".to_owned()),
    }
}

/// An event that says nothing but a text, to be told from others by it.
pub(crate) fn named(fingerprint: &str) -> Event {
    SecretEvent::Rotated(secret::Rotated {
        fingerprint: fingerprint.to_owned(),
        reason: None,
        expires_at: None,
        overlap_until: None,
    })
    .into()
}

pub(crate) fn created_secret(display_name: &str) -> Event {
    SecretEvent::Created(secret::Created {
        display_name: display_name.to_owned(),
        provider: SecretProvider::Database,
        reference: None,
        fingerprint: "0011223344556677".to_owned(),
        expires_at: None,
    })
    .into()
}

pub(crate) fn definition(display_name: &str, secret: &str) -> ConnectionDefinition {
    let url = HttpUrl::parse("https://idp.example.com/token").unwrap();
    let secret = ClientSecret::new(key(secret), CredentialPlacement::BasicHeader);
    let authentication = ClientAuthentication::ClientSecret(secret);
    let plain = ConnectionDefinition::new(display_name, "my-client", url, authentication);
    ConnectionDefinition { labels: vec!["billing".to_owned()], ..plain }
}
