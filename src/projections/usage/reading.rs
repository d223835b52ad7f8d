//! Reading Usage Data: sums over a range, and over the steps within it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::super::tables::{usage_minutes, usage_reasons};
use super::{Row, UsageTotals};
use crate::domain::failure::AuthFailureReason;
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError};

/// Most points of one series.
pub const POINTS_MAX: usize = 1_500;

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
    /// Keys of HTTP Request Tasks; empty means all, and requests that are no runs.
    pub tasks: Vec<String>,
    /// From this minute on.
    pub from: DateTime<Utc>,
    /// Before this minute.
    pub to: DateTime<Utc>,
    /// Minutes of one step of the series; less than one means one.
    pub step_minutes: i64,
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
        if !wanted.tasks.is_empty() {
            minutes = minutes.filter(usage_minutes::task.eq_any(&wanted.tasks));
            reasons = reasons.filter(usage_reasons::task.eq_any(&wanted.tasks));
        } else if wanted.connections.is_empty() {
            // All connections: a run without one counts for its task alone.
            minutes = minutes.filter(usage_minutes::connection.ne(""));
            reasons = reasons.filter(usage_reasons::connection.ne(""));
        }
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
