//! Puts an exchange on the record: its start before anything is sent, its end before the caller hears of it.

use std::sync::Arc;

use uuid::Uuid;

use super::execution::ExecuteError;
use crate::clock::Ids;
use crate::domain::StreamId;
use crate::domain::exchange::{ExchangeEnd, ExchangeEvent, OutcomeUnknown, Started};
use crate::event_log::append::Refusal;
use crate::event_log::{
    Alongside, Append, AppendError, EventLog, Expected, NewEvent, Position, Provenance, RecordedEvent,
};
use crate::oauth::connection_test::{self, FinishError};
use crate::projections::exchanges::{self, EndView, ExchangeView};
use crate::projections::idempotency::Claim;
use crate::registry::idempotency::{self, Taken};

/// Exchanges without an end that are finished in one go at start.
const ABANDONED_PAGE: u32 = 500;

/// Records exchanges.
pub(super) struct Recorder {
    pub log: EventLog,
    pub ids: Ids,
    /// The idempotency key to claim together with the start.
    pub claim: Option<Claim>,
}

/// An exchange whose start is durable.
pub(super) struct Recording {
    log: EventLog,
    ids: Ids,
    id: Uuid,
    started: Started,
    start: RecordedEvent,
    provenance: Arc<Provenance>,
}

impl Recorder {
    /// Makes the start durable.
    pub(super) async fn start(
        self,
        id: Uuid,
        started: Started,
        provenance: Provenance,
    ) -> Result<Recording, ExecuteError> {
        let Self { log, ids, claim } = self;
        let provenance = Provenance { correlation_id: id, ..provenance };
        let append = Append {
            stream: StreamId::Exchange(id),
            expected: Expected::Version(0),
            events: vec![NewEvent { id: ids.next(), event: ExchangeEvent::Started(started.clone()).into() }],
            provenance: Arc::new(provenance.clone()),
            alongside: claim.map(claiming),
        };
        let appended = match log.append(append).await {
            Ok(appended) => appended,
            Err(AppendError::Refused(rule)) => return Err(taken(&*rule)),
            Err(error) => return Err(ExecuteError::NotRecorded(error)),
        };
        let Some(start) = appended.events.into_iter().next() else {
            return Err(ExecuteError::NotRecorded(AppendError::Closed));
        };
        let provenance = Arc::new(provenance.caused_by(start.stored.id));
        Ok(Recording { log, ids, id, started, start, provenance })
    }
}

/// Only one exchange may claim an idempotency key; whoever finds it taken is late by a moment.
fn claiming(claim: Claim) -> Alongside {
    Box::new(move |conn| idempotency::claim(conn, &claim)?.map_err(|taken| Refusal::Rule(Box::new(taken))))
}

fn taken(rule: &(dyn std::error::Error + Send + Sync + 'static)) -> ExecuteError {
    match rule.downcast_ref::<Taken>() {
        Some(Taken::ByOther) => ExecuteError::Invalid(Taken::ByOther.into()),
        Some(Taken::BySame) | None => ExecuteError::InFlight,
    }
}

impl Recording {
    /// For events that the exchange causes.
    pub(super) fn provenance(&self) -> Arc<Provenance> {
        Arc::clone(&self.provenance)
    }

    /// Makes the end durable, together with what must be stored beside it; returns the exchange as recorded and the
    /// positions of all its events.
    pub(super) async fn end(
        self,
        end: ExchangeEnd,
        between: Vec<Position>,
        alongside: Option<Alongside>,
    ) -> Result<(ExchangeView, Vec<Position>), ExecuteError> {
        let append = Append {
            stream: StreamId::Exchange(self.id),
            expected: Expected::Version(1),
            events: vec![NewEvent { id: self.ids.next(), event: ExchangeEvent::from(end.clone()).into() }],
            provenance: self.provenance,
            alongside,
        };
        let appended = self.log.append(append).await.map_err(|error| {
            tracing::error!(exchange = %self.id, %error, "the end of an exchange could not be recorded");
            ExecuteError::EndNotRecorded(error)
        })?;
        let Some(recorded) = appended.events.first() else {
            return Err(ExecuteError::EndNotRecorded(AppendError::Closed));
        };
        let start = &self.start.stored;
        let mut positions = vec![start.position];
        positions.extend(between);
        positions.push(recorded.stored.position);
        let view = ExchangeView {
            id: self.id,
            position: start.position,
            started_at: start.recorded_at,
            started: self.started,
            end: Some(EndView { position: recorded.stored.position, at: recorded.stored.recorded_at, end }),
        };
        Ok((view, positions))
    }
}

/// Ends every exchange and every connection test that has no end: nobody knows whether its request was sent, and it is
/// never sent again. To be called before new requests are accepted, and after the last ones were cut off. Returns how many there were.
///
/// # Errors
/// See [`FinishError`].
pub async fn finish_abandoned(log: &EventLog, ids: &Ids) -> Result<usize, FinishError> {
    let mut finished = connection_test::finish_abandoned(log, ids).await?;
    loop {
        let page = log.database().run(|conn| exchanges::without_end(conn, ABANDONED_PAGE)).await?;
        if page.is_empty() {
            return Ok(finished);
        }
        let ends = page.into_iter().map(|exchange| {
            let event = ExchangeEvent::OutcomeUnknown(OutcomeUnknown {
                connection: exchange.started.connection,
                reason: "Latchkey stopped before the end of the exchange was recorded".to_owned(),
                task: exchange.started.task,
            });
            log.append(Append {
                stream: StreamId::Exchange(exchange.id),
                expected: Expected::Version(1),
                events: vec![NewEvent { id: ids.next(), event: event.into() }],
                provenance: Arc::new(Provenance::system(exchange.id)),
                alongside: None,
            })
        });
        for ended in futures_util::future::join_all(ends).await {
            match ended {
                Ok(_) => finished += 1,
                // One that was cut off ended by itself a moment before.
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
