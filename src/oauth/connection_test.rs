//! Tests a connection, saved or not: the whole way to a token, step by step, with a real token at its end that is thrown
//! away.
//!
//! The start is on the record before anything is sent, the end before anybody hears of it. A test asks once, whatever the
//! connection's retries are, and whether requests are held back or the connection is disabled does not matter: a person
//! wants to know what happens now. Deliberately absent: judging whether a draft may be tested, see `registry`.

mod journal;
mod recording;
mod walk;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::task::TaskTracker;

pub use self::recording::{FinishError, finish_abandoned};
pub use self::walk::CERTIFICATE_WARNING;
use super::token_endpoint::TokenEndpoint;
use crate::clock::{Clock, Ids};
use crate::crypto::KeyRing;
use crate::domain::Key;
use crate::domain::connection_test::{TestStarted, Tested};
use crate::domain::definition::ConnectionDefinition;
use crate::event_log::{AppendError, EventLog, Provenance};
use crate::net::HttpClient;
use crate::projections::connection_tests::ConnectionTestView;

/// Longest that one test may take.
pub const TEST_MAX: Duration = Duration::from_secs(30);
/// Most tests that run at once.
pub const TESTS_AT_ONCE_MAX: usize = 16;

/// Tests connections. Cheap to clone.
#[derive(Clone)]
pub struct ConnectionTester {
    inner: Arc<Inner>,
}

struct Inner {
    log: EventLog,
    keys: Arc<KeyRing>,
    clock: Clock,
    ids: Ids,
    client: HttpClient,
    endpoint: TokenEndpoint,
    tasks: TaskTracker,
    // A std lock: held for a look-up, never across an await.
    running: Mutex<HashSet<Key>>,
}

/// Everything that the tester needs from outside.
pub struct TesterSettings {
    /// Where tests are recorded.
    pub log: EventLog,
    /// Opens secrets, fingerprints tokens.
    pub keys: Arc<KeyRing>,
    /// Measures the steps.
    pub clock: Clock,
    /// Names tests and assertions.
    pub ids: Ids,
    /// Finds the way, and sends token requests.
    pub client: HttpClient,
    /// Runs tests, so that a shutdown can wait for them.
    pub tasks: TaskTracker,
    /// Life of a token whose answer does not say it.
    pub default_lifetime: Duration,
}

/// What is to be tested.
#[derive(Debug, Clone)]
pub struct TestSubject {
    /// Key of the connection, or the one that a draft shall have.
    pub key: Key,
    /// Version of the saved connection; `None` for a draft.
    pub version: Option<u32>,
    /// The definition.
    pub definition: ConnectionDefinition,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// A test with this Key is under way.
    #[error("this connection is being tested right now; try again when that test has ended")]
    Running,
    /// Too many tests are under way.
    #[error("too many connections are being tested right now; try again in a moment")]
    TooMany,
    /// The start could not be recorded, so nothing was sent; or the end could not.
    #[error("the test could not be recorded")]
    NotRecorded(#[from] AppendError),
    /// The process is stopping.
    #[error("the test was abandoned")]
    Abandoned,
}

impl ConnectionTester {
    /// A tester with no test under way.
    pub fn new(settings: TesterSettings) -> Self {
        let TesterSettings { log, keys, clock, ids, client, tasks, default_lifetime } = settings;
        let endpoint = TokenEndpoint::new(client.clone(), clock.clone(), ids.clone());
        let endpoint = endpoint.with_default_lifetime(default_lifetime);
        let inner = Inner { log, keys, clock, ids, client, endpoint, tasks, running: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Tests a connection. It goes on to its end even when nobody waits for it any more.
    ///
    /// # Errors
    /// See [`TestError`]. A test that fails is a result.
    pub async fn test(&self, subject: TestSubject, provenance: Provenance) -> Result<ConnectionTestView, TestError> {
        let place = Place::take(&self.inner, &subject.key)?;
        let inner = Arc::clone(&self.inner);
        let task = self.inner.tasks.spawn(async move {
            let outcome = inner.run(subject, provenance).await;
            drop(place);
            outcome
        });
        task.await.map_err(|_| TestError::Abandoned)?
    }
}

impl Inner {
    async fn run(&self, subject: TestSubject, provenance: Provenance) -> Result<ConnectionTestView, TestError> {
        let TestSubject { key, version, definition } = subject;
        let started = TestStarted {
            connection: version.is_some().then_some(key),
            connection_version: version,
            draft: version.is_none(),
            host: definition.access_token_url.authority(),
            authentication: definition.authentication.method().to_owned(),
            secret: definition.authentication.secret().cloned(),
        };
        let recording = self.record_start(&started, provenance).await?;
        let start = self.clock.monotonic();
        let report = self.walk(&definition, start.saturating_add(TEST_MAX)).await;
        let tested = Tested {
            connection: started.connection,
            connection_version: version,
            secret_version: report.secret_version,
            ok: report.failure.is_none(),
            steps: report.steps,
            token: report.token,
            failure: report.failure,
            duration_us: micros(self.clock.monotonic().saturating_sub(start)),
        };
        Ok(self.record_end(recording, tested).await?)
    }
}

/// A place among the tests that run; given back when dropped, however the test ends.
struct Place {
    inner: Arc<Inner>,
    key: Key,
}

impl Place {
    fn take(inner: &Arc<Inner>, key: &Key) -> Result<Self, TestError> {
        let mut running = inner.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.contains(key) {
            return Err(TestError::Running);
        }
        if running.len() >= TESTS_AT_ONCE_MAX {
            return Err(TestError::TooMany);
        }
        running.insert(key.clone());
        Ok(Self { inner: Arc::clone(inner), key: key.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
