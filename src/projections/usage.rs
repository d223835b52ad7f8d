//! Usage Data: counts and latencies of each connection and each HTTP Request Task, minute by minute.
//!
//! A batch of events is summed up in memory first, so a thousand requests of one minute cost one row, not a thousand.

mod reading;

use std::collections::BTreeMap;

use diesel::prelude::*;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

pub use reading::{POINTS_MAX, Span, Usage, UsageQuery, counts, read};

use super::exchanges::Runs;
use super::tables::{usage_minutes, usage_reasons};
use super::to_json;
use crate::domain::exchange::{ExchangeEvent, ExchangeFailure, Timings, TokenSource, TokenUse};
use crate::domain::failure::AuthFailureReason;
use crate::domain::token::TokenEvent;
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError, RecordedEvent};

/// Longest latency that is told apart: an hour, in microseconds.
const LATENCY_US_MAX: u64 = 3_600_000_000;
/// Significant digits of a latency.
const LATENCY_DIGITS: u8 = 2;

/// Sums over a span of time.
#[derive(Debug, Clone, Default)]
pub struct UsageTotals {
    /// Exchanges that ended.
    pub requests: i64,
    /// Exchanges that got an answer with a token that was accepted.
    pub succeeded: i64,
    /// Exchanges without a token, or with a token that was refused for good.
    pub auth_failures: i64,
    /// Exchanges without an answer.
    pub transport_failures: i64,
    /// Exchanges cut off by a stop of the process.
    pub unknown: i64,
    /// Requests for a token that ended, retries not counted.
    pub token_requests: i64,
    /// Exchanges whose token was in the cache.
    pub cache_hits: i64,
    /// Attempts beyond the first.
    pub retries: i64,
    /// Microseconds from call to last byte; to the head of the answer when it was streamed, because how long its body
    /// took is the reader's doing as much as the API's. `None` when there were no requests, or nobody asked.
    pub latency: Option<Histogram<u32>>,
}

impl UsageTotals {
    /// Adds another sum.
    fn add(&mut self, other: &Self) -> Result<(), DatabaseError> {
        self.requests += other.requests;
        self.succeeded += other.succeeded;
        self.auth_failures += other.auth_failures;
        self.transport_failures += other.transport_failures;
        self.unknown += other.unknown;
        self.token_requests += other.token_requests;
        self.cache_hits += other.cache_hits;
        self.retries += other.retries;
        let Some(latency) = &other.latency else { return Ok(()) };
        let sum = self.latency.get_or_insert_with(empty_latency);
        sum.add(latency).map_err(|error| DatabaseError::Corrupt(error.to_string()))
    }

    /// A quantile of the latency in milliseconds; `None` without requests.
    pub fn latency_ms(&self, quantile: f64) -> Option<f64> {
        let latency = self.latency.as_ref().filter(|latency| !latency.is_empty())?;
        #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "at most an hour in microseconds")]
        Some(latency.value_at_quantile(quantile) as f64 / 1_000.0)
    }

    fn exchange(&mut self, attempts: usize, latency_us: u64, token: Option<&TokenUse>) {
        self.requests += 1;
        self.retries += i64::try_from(attempts.saturating_sub(1)).unwrap_or(i64::MAX);
        if token.is_some_and(|token| token.source == TokenSource::Cache) {
            self.cache_hits += 1;
        }
        self.latency.get_or_insert_with(empty_latency).saturating_record(latency_us.max(1));
    }
}

fn latency_us(timings: &Timings, streamed: bool) -> u64 {
    if streamed { timings.until_head_us() } else { timings.total_us }
}

/// What a batch adds to one minute of one connection.
#[derive(Default)]
struct Delta {
    totals: UsageTotals,
    reasons: BTreeMap<&'static str, i64>,
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent], runs: &Runs) -> Result<(), DatabaseError> {
    let mut deltas: BTreeMap<Place<'_>, Delta> = BTreeMap::new();
    for recorded in events {
        let (connection, task) = owners_of(recorded, runs);
        if connection.is_none() && task.is_none() {
            continue;
        }
        let minute = recorded.stored.recorded_at.timestamp().div_euclid(60);
        let delta = deltas.entry((name(connection), name(task), minute)).or_default();
        count(delta, &recorded.event);
    }
    for (place, delta) in deltas {
        write(conn, place, &delta)?;
    }
    Ok(())
}

/// Connection, task and minute. An empty connection stands for Auth Type none, an empty task for a request that is no run.
type Place<'a> = (&'a str, &'a str, i64);

fn name(key: Option<&Key>) -> &str {
    key.map_or("", Key::as_str)
}

/// Whose usage an event is: a connection's, a task's, or both.
fn owners_of<'a>(recorded: &'a RecordedEvent, runs: &'a Runs) -> (Option<&'a Key>, Option<&'a Key>) {
    match &recorded.event {
        Event::Token(TokenEvent::Issued(_) | TokenEvent::RequestFailed(_)) => {
            (recorded.stored.stream.key(), runs.get(&recorded.stored.correlation_id))
        }
        Event::Exchange(ExchangeEvent::Completed(end)) => (end.connection.as_ref(), end.task.as_ref()),
        Event::Exchange(ExchangeEvent::Failed(end)) => (end.connection.as_ref(), end.task.as_ref()),
        Event::Exchange(ExchangeEvent::OutcomeUnknown(end)) => (end.connection.as_ref(), end.task.as_ref()),
        Event::Exchange(ExchangeEvent::Started(_))
        | Event::Token(_)
        | Event::Connection(_)
        | Event::Secret(_)
        | Event::Metadata(_)
        | Event::Task(_)
        | Event::ConnectionTest(_) => (None, None),
    }
}

fn count(delta: &mut Delta, event: &Event) {
    let totals = &mut delta.totals;
    let mut because = |reason: AuthFailureReason| *delta.reasons.entry(reason.name()).or_default() += 1;
    match event {
        Event::Token(TokenEvent::Issued(_)) => totals.token_requests += 1,
        // Without an attempt nothing was asked: the connection was disabled, or the time was up.
        Event::Token(TokenEvent::RequestFailed(failed)) => {
            totals.token_requests += i64::from(failed.failure.attempts > 0);
        }
        Event::Exchange(ExchangeEvent::Completed(end)) => {
            totals.exchange(end.attempts.len(), latency_us(&end.timings, end.streamed), end.token.as_ref());
            match &end.auth_failure {
                None => totals.succeeded += 1,
                Some(failure) => {
                    totals.auth_failures += 1;
                    because(failure.reason);
                }
            }
        }
        Event::Exchange(ExchangeEvent::Failed(end)) => {
            totals.exchange(end.attempts.len(), latency_us(&end.timings, end.streamed), end.token.as_ref());
            match &end.failure {
                ExchangeFailure::Auth(failure) => {
                    totals.auth_failures += 1;
                    because(failure.reason);
                }
                ExchangeFailure::Transport(failure) => {
                    totals.transport_failures += 1;
                    because(failure.reason);
                }
            }
        }
        Event::Exchange(ExchangeEvent::OutcomeUnknown(_)) => {
            totals.requests += 1;
            totals.unknown += 1;
        }
        Event::Exchange(ExchangeEvent::Started(_))
        | Event::Token(_)
        | Event::Connection(_)
        | Event::Secret(_)
        | Event::Metadata(_)
        | Event::Task(_)
        | Event::ConnectionTest(_) => {}
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = usage_minutes)]
struct Row {
    connection: String,
    task: String,
    minute: i64,
    requests: i64,
    succeeded: i64,
    auth_failures: i64,
    transport_failures: i64,
    unknown: i64,
    token_requests: i64,
    cache_hits: i64,
    retries: i64,
    latency: Vec<u8>,
}

impl Row {
    fn of((connection, task, minute): Place<'_>, totals: &UsageTotals) -> Result<Self, DatabaseError> {
        let mut latency = Vec::new();
        V2Serializer::new()
            .serialize(totals.latency.as_ref().unwrap_or(&empty_latency()), &mut latency)
            .map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
        Ok(Self {
            connection: connection.to_owned(),
            task: task.to_owned(),
            minute,
            requests: totals.requests,
            succeeded: totals.succeeded,
            auth_failures: totals.auth_failures,
            transport_failures: totals.transport_failures,
            unknown: totals.unknown,
            token_requests: totals.token_requests,
            cache_hits: totals.cache_hits,
            retries: totals.retries,
            latency,
        })
    }

    fn totals(&self) -> Result<UsageTotals, DatabaseError> {
        let latency = Deserializer::new()
            .deserialize(&mut self.latency.as_slice())
            .map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
        Ok(UsageTotals {
            requests: self.requests,
            succeeded: self.succeeded,
            auth_failures: self.auth_failures,
            transport_failures: self.transport_failures,
            unknown: self.unknown,
            token_requests: self.token_requests,
            cache_hits: self.cache_hits,
            retries: self.retries,
            latency: Some(latency),
        })
    }
}

fn write(conn: &mut Conn<'_>, key: Place<'_>, delta: &Delta) -> Result<(), DatabaseError> {
    let (connection, task, minute) = key;
    // No `first`: SQLite prepares a statement with a bound LIMIT anew at every run, cached or not.
    let before: Option<Row> =
        on!(conn, |c| usage_minutes::table.find(key).select(Row::as_select()).get_result(c).optional())?;
    let row = match &before {
        None => Row::of(key, &delta.totals)?,
        Some(before) => {
            let mut totals = before.totals()?;
            totals.add(&delta.totals)?;
            Row::of(key, &totals)?
        }
    };
    if before.is_some() {
        on!(conn, |c| diesel::update(usage_minutes::table.find(key)).set(&row).execute(c))?;
    } else {
        on!(conn, |c| diesel::insert_into(usage_minutes::table).values(&row).execute(c))?;
    }
    for (reason, failures) in &delta.reasons {
        let row = (
            usage_reasons::connection.eq(connection),
            usage_reasons::task.eq(task),
            usage_reasons::minute.eq(minute),
            usage_reasons::reason.eq(*reason),
            usage_reasons::failures.eq(failures),
        );
        let place = (usage_reasons::connection, usage_reasons::task, usage_reasons::minute, usage_reasons::reason);
        let more = usage_reasons::failures.eq(usage_reasons::failures + failures);
        on!(conn, |c| {
            diesel::insert_into(usage_reasons::table).values(row).on_conflict(place).do_update().set(more).execute(c)
        })?;
    }
    Ok(())
}

/// Every row as JSON, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    type Reasons = (String, String, i64, String, i64);
    let order = (usage_minutes::connection, usage_minutes::task, usage_minutes::minute);
    let rows: Vec<Row> = on!(conn, |c| usage_minutes::table.select(Row::as_select()).order(order).load(c))?;
    let mut lines = Vec::new();
    for row in rows {
        let counts = [row.requests, row.succeeded, row.auth_failures, row.transport_failures, row.unknown];
        let more = [row.token_requests, row.cache_hits, row.retries];
        lines.push(to_json(&(row.connection, row.task, row.minute, counts, more, row.latency))?);
    }
    let order = (usage_reasons::connection, usage_reasons::task, usage_reasons::minute, usage_reasons::reason);
    let reasons: Vec<Reasons> = on!(conn, |c| usage_reasons::table.order(order).load(c))?;
    for reason in reasons {
        lines.push(to_json(&reason)?);
    }
    Ok(lines)
}

#[expect(clippy::expect_used, reason = "the bounds are constants, and a test makes one")]
fn empty_latency() -> Histogram<u32> {
    Histogram::new_with_bounds(1, LATENCY_US_MAX, LATENCY_DIGITS).expect("the bounds are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_survives_being_stored_and_added() {
        let mut totals = UsageTotals::default();
        for latency in [1_000, 2_000, 50_000_000, u64::MAX] {
            totals.latency.get_or_insert_with(empty_latency).saturating_record(latency);
        }
        let stored = Row::of(("a", "", 1), &totals).unwrap().totals().unwrap();
        assert_eq!(stored.latency, totals.latency);
        totals.add(&stored).unwrap();
        assert_eq!(totals.latency.as_ref().map(Histogram::len), Some(8));
        let median = totals.latency_ms(0.5).unwrap();
        assert!((median - 2.0).abs() < 0.05, "{median}");
        assert_eq!(UsageTotals::default().latency_ms(0.5), None);
    }

    #[test]
    fn a_streamed_exchange_counts_up_to_the_head_of_its_answer() {
        let timings = Timings { queued_us: 1, token_us: 20, dns_us: None, first_byte_us: Some(300), total_us: 9_000 };
        assert_eq!((latency_us(&timings, true), latency_us(&timings, false)), (321, 9_000));
        let unanswered = Timings { first_byte_us: None, ..timings };
        assert_eq!(latency_us(&unanswered, true), 9_000);
    }
}
