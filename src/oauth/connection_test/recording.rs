//! Puts a test on the record: its start before anything is sent, its end before anybody hears of it.

use std::sync::Arc;

use uuid::Uuid;

use super::Inner;
use crate::clock::Ids;
use crate::domain::StreamId;
use crate::domain::connection_test::{ConnectionTestEvent, TestOutcomeUnknown, TestStarted, Tested};
use crate::event_log::{Append, AppendError, DatabaseError, EventLog, Expected, NewEvent, Provenance, StoredEvent};
use crate::projections::connection_tests::{self, ConnectionTestView};

/// Tests without an end that are finished in one go at start.
const ABANDONED_PAGE: u32 = 500;

/// A test whose start is durable.
pub(super) struct Recording {
    id: Uuid,
    provenance: Arc<Provenance>,
}

impl Inner {
    /// Makes the start durable.
    pub(super) async fn record_start(
        &self,
        started: &TestStarted,
        provenance: Provenance,
    ) -> Result<Recording, AppendError> {
        let id = self.ids.next();
        let provenance = Provenance { correlation_id: id, ..provenance };
        let event = ConnectionTestEvent::Started(started.clone());
        let stored = append(&self.log, &self.ids, (id, 0), (event, Arc::new(provenance.clone()))).await?;
        Ok(Recording { id, provenance: Arc::new(provenance.caused_by(stored.id)) })
    }

    /// Makes the end durable; gives the test as it is on the record.
    pub(super) async fn record_end(
        &self,
        recording: Recording,
        tested: Tested,
    ) -> Result<ConnectionTestView, AppendError> {
        let Recording { id, provenance } = recording;
        let event = ConnectionTestEvent::Tested(tested.clone());
        let stored = append(&self.log, &self.ids, (id, 1), (event, provenance)).await.inspect_err(|error| {
            tracing::error!(test = %id, %error, "the end of a connection test could not be recorded");
        })?;
        Ok(ConnectionTestView { id, position: stored.position, at: stored.recorded_at, tested })
    }
}

async fn append(
    log: &EventLog,
    ids: &Ids,
    (id, version): (Uuid, u32),
    (event, provenance): (ConnectionTestEvent, Arc<Provenance>),
) -> Result<Arc<StoredEvent>, AppendError> {
    let append = Append {
        stream: StreamId::Test(id),
        expected: Expected::Version(version),
        events: vec![NewEvent { id: ids.next(), event: event.into() }],
        provenance,
        alongside: None,
    };
    let appended = log.append(append).await?;
    appended.events.into_iter().next().map(|recorded| recorded.stored).ok_or(AppendError::Closed)
}

/// Why finishing what a crash left behind did not work.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// The database can't be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The log can't be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Ends every test that has no end: nobody knows how far it went, and it says nothing about its connection. To be called
/// before new tests are accepted, and after the last ones were cut off. Returns how many there were.
///
/// # Errors
/// See [`FinishError`].
pub async fn finish_abandoned(log: &EventLog, ids: &Ids) -> Result<usize, FinishError> {
    let mut finished = 0;
    loop {
        let page = log.database().run(|conn| connection_tests::without_end(conn, ABANDONED_PAGE)).await?;
        if page.is_empty() {
            return Ok(finished);
        }
        for test in page {
            let event = ConnectionTestEvent::OutcomeUnknown(TestOutcomeUnknown {
                connection: test.started.connection,
                reason: "Latchkey stopped before the end of the test was recorded".to_owned(),
            });
            let provenance = Arc::new(Provenance::system(test.id));
            match append(log, ids, (test.id, 1), (event, provenance)).await {
                Ok(_) => finished += 1,
                // One that was cut off ended by itself a moment before.
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
