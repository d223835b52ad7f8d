//! Reading Usage Data: sums over a range, and over the steps within it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::super::tables::{usage_minutes, usage_reasons};
use super::{Row, UsageTotals};
use crate::domain::failure::AuthFailureReason;
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError};

/// Most points of one series.
pub const POINTS_MAX: usize = 1_500;

/// Usage within a range.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// Sums over the whole range.
    pub totals: UsageTotals,
    /// One sum a step, in order; steps without anything are left out.
    pub series: Vec<(DateTime<Utc>, UsageTotals)>,
    /// Failures by reason, most first.
    pub reasons: Vec<(AuthFailureReason, i64)>,
}

/// A range of time, and its steps, in minutes since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    from: i64,
    to: i64,
    step: i64,
}

impl Span {
    /// The minutes from that of `from` on and before `to`; a range that ends within a minute means that minute, too. A step of
    /// less than one minute is one.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>, step_minutes: i64) -> Self {
        // A moment after the full minute belongs to the minute that has begun, by however little.
        let seconds = to.timestamp().saturating_add(i64::from(to.timestamp_subsec_nanos() > 0));
        let to = seconds.saturating_add(59).div_euclid(60);
        Self { from: from.timestamp().div_euclid(60), to, step: step_minutes.max(1) }
    }

    fn step_of(self, minute: i64) -> i64 {
        minute.div_euclid(self.step).saturating_mul(self.step)
    }
}

/// Which usage is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageQuery {
    /// Keys of connections; empty means all.
    pub connections: Vec<String>,
    /// Keys of HTTP Request Tasks; empty means all, and requests that are no runs.
    pub tasks: Vec<String>,
    /// When.
    pub span: Span,
    /// Whether latencies are wanted: their sums are made minute by minute in memory, and cost more than all else.
    pub latency: bool,
}

/// Reads usage within a range.
///
/// # Errors
/// The database failed.
pub fn read(conn: &mut Conn<'_>, wanted: &UsageQuery) -> Result<Usage, DatabaseError> {
    let mut sum = Steps::default();
    if wanted.latency {
        for row in minutes(conn, wanted)? {
            sum.add(wanted.span.step_of(row.minute), &row.totals()?)?;
        }
    } else {
        for (_, step, totals) in steps(conn, wanted)? {
            sum.add(step, &totals)?;
        }
    }
    let reasons = reasons(conn, wanted)?;
    sum.into_usage(by_reason(reasons))
}

/// The counts of each of some connections, without latencies and reasons; connections without usage are left out.
///
/// # Errors
/// The database failed.
pub fn counts(
    conn: &mut Conn<'_>,
    connections: &[String],
    span: Span,
) -> Result<BTreeMap<String, Usage>, DatabaseError> {
    let wanted = UsageQuery { connections: connections.to_vec(), tasks: Vec::new(), span, latency: false };
    let mut sums: BTreeMap<String, Steps> = BTreeMap::new();
    for (connection, step, totals) in steps(conn, &wanted)? {
        sums.entry(connection).or_default().add(step, &totals)?;
    }
    sums.into_iter().map(|(connection, sum)| Ok((connection, sum.into_usage(Vec::new())?))).collect()
}

/// A sum for each step that has anything.
#[derive(Default)]
struct Steps(BTreeMap<i64, UsageTotals>);

impl Steps {
    fn add(&mut self, step: i64, totals: &UsageTotals) -> Result<(), DatabaseError> {
        self.0.entry(step).or_default().add(totals)
    }

    fn into_usage(self, reasons: Vec<(AuthFailureReason, i64)>) -> Result<Usage, DatabaseError> {
        let mut usage = Usage { reasons, ..Usage::default() };
        for (minute, sum) in self.0 {
            usage.totals.add(&sum)?;
            let at = DateTime::from_timestamp(minute.saturating_mul(60), 0);
            let at = at.ok_or_else(|| DatabaseError::Corrupt(format!("the minute {minute}")))?;
            usage.series.push((at, sum));
        }
        Ok(usage)
    }
}

fn minutes(conn: &mut Conn<'_>, wanted: &UsageQuery) -> Result<Vec<Row>, DatabaseError> {
    let Span { from, to, .. } = wanted.span;
    Ok(on!(conn, |c| {
        let mut query = usage_minutes::table.select(Row::as_select()).into_boxed();
        query = query.filter(usage_minutes::minute.ge(from)).filter(usage_minutes::minute.lt(to));
        if !wanted.tasks.is_empty() {
            query = query.filter(usage_minutes::task.eq_any(&wanted.tasks));
        } else if wanted.connections.is_empty() {
            // All connections: a run without one counts for its task alone.
            query = query.filter(usage_minutes::connection.ne(""));
        }
        if !wanted.connections.is_empty() {
            query = query.filter(usage_minutes::connection.eq_any(&wanted.connections));
        }
        query.load(c)?
    }))
}

fn reasons(conn: &mut Conn<'_>, wanted: &UsageQuery) -> Result<Vec<(String, i64)>, DatabaseError> {
    let Span { from, to, .. } = wanted.span;
    Ok(on!(conn, |c| {
        let mut query = usage_reasons::table.select((usage_reasons::reason, usage_reasons::failures)).into_boxed();
        query = query.filter(usage_reasons::minute.ge(from)).filter(usage_reasons::minute.lt(to));
        if !wanted.tasks.is_empty() {
            query = query.filter(usage_reasons::task.eq_any(&wanted.tasks));
        } else if wanted.connections.is_empty() {
            query = query.filter(usage_reasons::connection.ne(""));
        }
        if !wanted.connections.is_empty() {
            query = query.filter(usage_reasons::connection.eq_any(&wanted.connections));
        }
        query.load(c)?
    }))
}

/// Sums of each connection and step, made by the database.
fn steps(conn: &mut Conn<'_>, wanted: &UsageQuery) -> Result<Vec<(String, i64, UsageTotals)>, DatabaseError> {
    type Columns = (Text, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt);
    type Sums = (String, i64, i64, i64, i64, i64, i64, i64, i64, i64);
    // Minutes are after 1970, so dividing cuts off downwards. PostgreSQL adds integers up to a decimal number.
    let step = format!("minute / {0} * {0}", wanted.span.step);
    let counted = ["requests", "succeeded", "auth_failures", "transport_failures", "unknown", "token_requests"];
    let counted = counted.into_iter().chain(["cache_hits", "retries"]);
    let sums: Vec<String> = counted.map(|name| format!("CAST(sum({name}) AS BIGINT)")).collect();
    let columns = format!("connection, {step}, {}", sums.join(", "));
    let groups = format!("connection, {step}");
    let Span { from, to, .. } = wanted.span;
    let rows: Vec<Sums> = on!(conn, |c| {
        let grouped = usage_minutes::table.group_by(sql::<(Text, BigInt)>(&groups)).select(sql::<Columns>(&columns));
        let mut query = grouped.into_boxed();
        query = query.filter(usage_minutes::minute.ge(from)).filter(usage_minutes::minute.lt(to));
        if !wanted.tasks.is_empty() {
            query = query.filter(usage_minutes::task.eq_any(&wanted.tasks));
        } else if wanted.connections.is_empty() {
            query = query.filter(usage_minutes::connection.ne(""));
        }
        if !wanted.connections.is_empty() {
            query = query.filter(usage_minutes::connection.eq_any(&wanted.connections));
        }
        query.load(c)?
    });
    let totals = |row: Sums| {
        let (connection, step, requests, succeeded, auth_failures, transport_failures, unknown, ..) = row;
        let (.., token_requests, cache_hits, retries) = row;
        let latency = None;
        let totals = UsageTotals {
            requests,
            succeeded,
            auth_failures,
            transport_failures,
            unknown,
            token_requests,
            cache_hits,
            retries,
            latency,
        };
        (connection, step, totals)
    };
    Ok(rows.into_iter().map(totals).collect())
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_minute_that_has_begun_is_within_the_range() {
        let full = DateTime::from_timestamp(600, 0).unwrap();
        let end = |to: DateTime<Utc>| Span::new(full, to, 1).to;
        assert_eq!(end(full), 10);
        assert_eq!(end(full + TimeDelta::nanoseconds(1)), 11);
        assert_eq!(end(full + TimeDelta::milliseconds(59_999)), 11);
        assert_eq!(end(full + TimeDelta::seconds(60)), 11);
        assert_eq!(end(full + TimeDelta::milliseconds(60_001)), 12);
    }
}
