//! Usage Data: counts and latencies of each connection, minute by minute.
//!
//! A batch of events is summed up in memory first, so a thousand requests of one minute cost one row, not a thousand.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

use super::tables::{usage_minutes, usage_reasons};
use super::to_json;
use crate::domain::exchange::{Completed, ExchangeEvent, ExchangeFailure, Failed, Timings, TokenSource, TokenUse};
use crate::domain::failure::AuthFailureReason;
use crate::domain::token::TokenEvent;
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError, RecordedEvent};

/// Longest latency that is told apart: an hour, in microseconds.
const LATENCY_US_MAX: u64 = 3_600_000_000;
/// Significant digits of a latency.
const LATENCY_DIGITS: u8 = 2;
/// Most points of one series.
pub const POINTS_MAX: usize = 1_500;

/// Sums over a span of time.
#[derive(Debug, Clone)]
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
    /// Microseconds from call to last byte.
    pub latency: Histogram<u32>,
}

/// Usage within a range.
#[derive(Debug, Clone)]
pub struct Usage {
    /// Sums over the whole range.
    pub totals: UsageTotals,
    /// One sum a step, in order; steps without anything are left out.
    pub series: Vec<(DateTime<Utc>, UsageTotals)>,
    /// Failures by reason, most first.
    pub reasons: Vec<(AuthFailureReason, i64)>,
}

/// Which usage is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageQuery {
    /// Keys of connections; empty means all.
    pub connections: Vec<String>,
    /// From this minute on.
    pub from: DateTime<Utc>,
    /// Before this minute.
    pub to: DateTime<Utc>,
    /// Minutes of one step of the series; less than one means one.
    pub step_minutes: i64,
}

impl Default for UsageTotals {
    fn default() -> Self {
        Self {
            requests: 0,
            succeeded: 0,
            auth_failures: 0,
            transport_failures: 0,
            unknown: 0,
            token_requests: 0,
            cache_hits: 0,
            retries: 0,
            latency: empty_latency(),
        }
    }
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
        self.latency.add(&other.latency).map_err(|error| DatabaseError::Corrupt(error.to_string()))
    }

    /// A quantile of the latency in milliseconds; `None` without requests.
    pub fn latency_ms(&self, quantile: f64) -> Option<f64> {
        if self.latency.is_empty() {
            return None;
        }
        #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "at most an hour in microseconds")]
        Some(self.latency.value_at_quantile(quantile) as f64 / 1_000.0)
    }

    fn exchange(&mut self, attempts: usize, timings: &Timings, token: Option<&TokenUse>) {
        self.requests += 1;
        self.retries += i64::try_from(attempts.saturating_sub(1)).unwrap_or(i64::MAX);
        if token.is_some_and(|token| token.source == TokenSource::Cache) {
            self.cache_hits += 1;
        }
        self.latency.saturating_record(timings.total_us.max(1));
    }
}

/// What a batch adds to one minute of one connection.
#[derive(Default)]
struct Delta {
    totals: UsageTotals,
    reasons: BTreeMap<&'static str, i64>,
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    let mut deltas: BTreeMap<(String, i64), Delta> = BTreeMap::new();
    for recorded in events {
        let Some(connection) = connection_of(recorded) else { continue };
        let minute = recorded.stored.recorded_at.timestamp().div_euclid(60);
        let delta = deltas.entry((connection.to_string(), minute)).or_default();
        count(delta, &recorded.event);
    }
    for ((connection, minute), delta) in deltas {
        write(conn, &connection, minute, &delta)?;
    }
    Ok(())
}

fn connection_of(recorded: &RecordedEvent) -> Option<&Key> {
    match &recorded.event {
        Event::Token(TokenEvent::Issued(_) | TokenEvent::RequestFailed(_)) => recorded.stored.stream.key(),
        Event::Exchange(ExchangeEvent::Completed(end)) => end.connection.as_ref(),
        Event::Exchange(ExchangeEvent::Failed(end)) => end.connection.as_ref(),
        Event::Exchange(ExchangeEvent::OutcomeUnknown(end)) => end.connection.as_ref(),
        Event::Exchange(ExchangeEvent::Started(_))
        | Event::Token(_)
        | Event::Connection(_)
        | Event::Secret(_)
        | Event::ConnectionTest(_) => None,
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
        Event::Exchange(ExchangeEvent::Completed(Completed { attempts, timings, token, auth_failure, .. })) => {
            totals.exchange(attempts.len(), timings, token.as_ref());
            match auth_failure {
                None => totals.succeeded += 1,
                Some(failure) => {
                    totals.auth_failures += 1;
                    because(failure.reason);
                }
            }
        }
        Event::Exchange(ExchangeEvent::Failed(Failed { failure, attempts, timings, token, .. })) => {
            totals.exchange(attempts.len(), timings, token.as_ref());
            match failure {
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
        | Event::ConnectionTest(_) => {}
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = usage_minutes)]
struct Row {
    connection: String,
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
    fn of(connection: &str, minute: i64, totals: &UsageTotals) -> Result<Self, DatabaseError> {
        let mut latency = Vec::new();
        V2Serializer::new()
            .serialize(&totals.latency, &mut latency)
            .map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
        Ok(Self {
            connection: connection.to_owned(),
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
            latency,
        })
    }
}

fn write(conn: &mut Conn<'_>, connection: &str, minute: i64, delta: &Delta) -> Result<(), DatabaseError> {
    let key = (connection, minute);
    // No `first`: SQLite prepares a statement with a bound LIMIT anew at every run, cached or not.
    let before: Option<Row> =
        on!(conn, |c| usage_minutes::table.find(key).select(Row::as_select()).get_result(c).optional())?;
    let row = match &before {
        None => Row::of(connection, minute, &delta.totals)?,
        Some(before) => {
            let mut totals = before.totals()?;
            totals.add(&delta.totals)?;
            Row::of(connection, minute, &totals)?
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
            usage_reasons::minute.eq(minute),
            usage_reasons::reason.eq(*reason),
            usage_reasons::failures.eq(failures),
        );
        let place = (usage_reasons::connection, usage_reasons::minute, usage_reasons::reason);
        let more = usage_reasons::failures.eq(usage_reasons::failures + failures);
        on!(conn, |c| {
            diesel::insert_into(usage_reasons::table).values(row).on_conflict(place).do_update().set(more).execute(c)
        })?;
    }
    Ok(())
}

/// Reads usage within a range.
///
/// # Errors
/// The database failed.
pub fn read(conn: &mut Conn<'_>, wanted: &UsageQuery) -> Result<Usage, DatabaseError> {
    let from = wanted.from.timestamp().div_euclid(60);
    // A range that ends within a minute means that minute, too.
    let to = wanted.to.timestamp().saturating_add(59).div_euclid(60);
    let (rows, reasons): (Vec<Row>, Vec<(String, i64)>) = on!(conn, |c| {
        let mut minutes = usage_minutes::table.select(Row::as_select()).into_boxed();
        let mut reasons = usage_reasons::table.select((usage_reasons::reason, usage_reasons::failures)).into_boxed();
        minutes = minutes.filter(usage_minutes::minute.ge(from)).filter(usage_minutes::minute.lt(to));
        reasons = reasons.filter(usage_reasons::minute.ge(from)).filter(usage_reasons::minute.lt(to));
        if !wanted.connections.is_empty() {
            minutes = minutes.filter(usage_minutes::connection.eq_any(&wanted.connections));
            reasons = reasons.filter(usage_reasons::connection.eq_any(&wanted.connections));
        }
        (minutes.order(usage_minutes::minute.asc()).load(c)?, reasons.load(c)?)
    });
    let step_minutes = wanted.step_minutes.max(1);
    let mut totals = UsageTotals::default();
    let mut steps: BTreeMap<i64, UsageTotals> = BTreeMap::new();
    for row in &rows {
        let minute = row.totals()?;
        totals.add(&minute)?;
        let step = row.minute.div_euclid(step_minutes).saturating_mul(step_minutes);
        steps.entry(step).or_default().add(&minute)?;
    }
    let at = |minute: i64| {
        let time = DateTime::from_timestamp(minute.saturating_mul(60), 0);
        time.ok_or_else(|| DatabaseError::Corrupt(format!("the minute {minute}")))
    };
    let series = steps.into_iter().map(|(minute, sum)| Ok((at(minute)?, sum)));
    Ok(Usage { totals, series: series.collect::<Result<_, DatabaseError>>()?, reasons: by_reason(reasons) })
}

fn by_reason(rows: Vec<(String, i64)>) -> Vec<(AuthFailureReason, i64)> {
    let mut sums: BTreeMap<AuthFailureReason, i64> = BTreeMap::new();
    for (name, failures) in rows {
        if let Some(reason) = AuthFailureReason::parse(&name) {
            *sums.entry(reason).or_default() += failures;
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, failures)| std::cmp::Reverse(*failures));
    sums
}

/// Every row as JSON, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    type Reasons = (String, i64, String, i64);
    let order = (usage_minutes::connection, usage_minutes::minute);
    let rows: Vec<Row> = on!(conn, |c| usage_minutes::table.select(Row::as_select()).order(order).load(c))?;
    let mut lines = Vec::new();
    for row in rows {
        let counts = [row.requests, row.succeeded, row.auth_failures, row.transport_failures, row.unknown];
        let more = [row.token_requests, row.cache_hits, row.retries];
        lines.push(to_json(&(row.connection, row.minute, counts, more, row.latency))?);
    }
    let order = (usage_reasons::connection, usage_reasons::minute, usage_reasons::reason);
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
            totals.latency.saturating_record(latency);
        }
        let stored = Row::of("a", 1, &totals).unwrap().totals().unwrap();
        assert_eq!(stored.latency, totals.latency);
        totals.add(&stored).unwrap();
        assert_eq!(totals.latency.len(), 8);
        let median = totals.latency_ms(0.5).unwrap();
        assert!((median - 2.0).abs() < 0.05, "{median}");
        assert_eq!(UsageTotals::default().latency_ms(0.5), None);
    }
}
