//! `UsageData`: AireGlu's tab of the same name.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::auth_failure::AuthFailureReason;
use super::batches::{self, Counts};
use super::errors::{ApiError, ErrorCode, Fallible};
use super::filters::entries;
use super::permission::{self, Permission, requires_permission};
use super::scalars::{KeyText, int};
use super::services::Services;
use crate::projections::exchanges::ExchangeFilter;
use crate::projections::usage::{self as model, POINTS_MAX, Span, Usage, UsageQuery};

/// How long one step of a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Granularity {
    /// One minute.
    Minute,
    /// Sixty minutes.
    Hour,
    /// A day of UTC.
    Day,
}

impl Granularity {
    fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 24 * 60,
        }
    }
}

/// A range of time.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct TimeRangeInput {
    /// At or after.
    pub from: DateTime<Utc>,
    /// Before; now when null.
    pub to: Option<DateTime<Utc>>,
}

/// Whose usage is wanted.
#[derive(Debug, Clone, Default, InputObject)]
pub struct UsageFilter {
    /// Keys of connections; all when null or empty.
    pub connections: Option<Vec<KeyText>>,
    /// Keys of HTTP Request Tasks; all, and requests that are no runs, when null or empty.
    pub tasks: Option<Vec<KeyText>>,
}

impl UsageFilter {
    /// The Keys as text.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for too many of them.
    pub(super) fn parse(self) -> Result<ExchangeFilter, ApiError> {
        Ok(ExchangeFilter {
            connections: entries("filter.connections", self.connections)?.into_iter().map(|key| key.0).collect(),
            tasks: entries("filter.tasks", self.tasks)?.into_iter().map(|key| key.0).collect(),
        })
    }
}

/// Counts and latencies within a range.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsageData {
    /// Sums over the whole range.
    totals: UsageTotals,
    /// One sum a step, in order; steps without anything are left out.
    series: Vec<UsagePoint>,
    /// Failures by reason, most first.
    top_reasons: Vec<ReasonCount>,
    /// When this was summed up.
    computed_at: DateTime<Utc>,
}

/// Sums over a span of time.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsageTotals {
    /// Exchanges that ended.
    requests: i32,
    /// Exchanges that got an answer with a token that was accepted.
    succeeded: i32,
    /// Exchanges without a token, or with a token that was refused for good.
    auth_failures: i32,
    /// Exchanges without an answer.
    transport_failures: i32,
    /// Exchanges cut off by a stop of the process.
    unknown: i32,
    /// Requests for a token, retries not counted.
    token_requests: i32,
    /// Exchanges whose token was in the cache.
    cache_hits: i32,
    /// Attempts beyond the first.
    retries: i32,
    /// From call to last byte.
    latency: Latency,
}

/// Sums over one step.
#[derive(Debug, Clone, SimpleObject)]
pub struct UsagePoint {
    /// When the step starts.
    at: DateTime<Utc>,
    /// Its sums.
    totals: UsageTotals,
}

/// Quantiles of the time from call to last byte; null without requests.
#[derive(Debug, Clone, SimpleObject)]
#[expect(clippy::struct_field_names, reason = "the unit comes last in every name")]
pub struct Latency {
    /// Half of the requests were at most this slow.
    #[graphql(name = "p50Ms")]
    p50_ms: Option<f64>,
    /// 95 of 100 requests were at most this slow.
    #[graphql(name = "p95Ms")]
    p95_ms: Option<f64>,
    /// 99 of 100 requests were at most this slow.
    #[graphql(name = "p99Ms")]
    p99_ms: Option<f64>,
}

/// How often something went wrong for one reason.
#[derive(Debug, Clone, SimpleObject)]
pub struct ReasonCount {
    /// Why.
    reason: AuthFailureReason,
    /// How often.
    count: i32,
}

impl From<&model::UsageTotals> for UsageTotals {
    fn from(totals: &model::UsageTotals) -> Self {
        Self {
            requests: int(totals.requests),
            succeeded: int(totals.succeeded),
            auth_failures: int(totals.auth_failures),
            transport_failures: int(totals.transport_failures),
            unknown: int(totals.unknown),
            token_requests: int(totals.token_requests),
            cache_hits: int(totals.cache_hits),
            retries: int(totals.retries),
            latency: Latency {
                p50_ms: totals.latency_ms(0.5),
                p95_ms: totals.latency_ms(0.95),
                p99_ms: totals.latency_ms(0.99),
            },
        }
    }
}

/// Root fields about usage.
#[derive(Default)]
pub struct UsageQueries;

#[Object]
impl UsageQueries {
    /// Usage Data of all connections, or of some connections or tasks.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn usage_data(
        &self,
        ctx: &Context<'_>,
        range: TimeRangeInput,
        #[graphql(default_with = "Granularity::Hour")] granularity: Granularity,
        filter: Option<UsageFilter>,
    ) -> Fallible<UsageData> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        match filter.unwrap_or_default().parse() {
            Ok(whose) => Some(usage(ctx, range, granularity, whose).await),
            Err(refusal) => Some(Err(refusal)),
        }
    }
}

/// Reads no more than was asked for: a list of connections with their counts is one read, not one for each.
async fn find(ctx: &Context<'_>, whose: ExchangeFilter, span: Span) -> Result<Usage, ApiError> {
    let asked = ctx.look_ahead();
    let totals = [asked.field("totals"), asked.field("series").field("totals")];
    let latency = totals.iter().any(|totals| totals.field("latency").exists());
    let ExchangeFilter { connections, tasks } = whose;
    match connections.as_slice() {
        [connection] if tasks.is_empty() && !latency && !asked.field("topReasons").exists() => {
            let counts = Counts { connection: connection.clone(), span };
            Ok(batches::of(ctx)?.load_one(counts).await?.unwrap_or_default())
        }
        _ => {
            let wanted = UsageQuery { connections, tasks, span, latency };
            Services::of(ctx)?.read(move |conn| model::read(conn, &wanted)).await
        }
    }
}

/// Reads usage.
pub(super) async fn usage(
    ctx: &Context<'_>,
    range: TimeRangeInput,
    granularity: Granularity,
    whose: ExchangeFilter,
) -> Result<UsageData, ApiError> {
    let services = Services::of(ctx)?;
    let now = services.clock.now();
    let to = range.to.unwrap_or(now);
    let refuse = |message: String| Err(ApiError::new(ErrorCode::InvalidArgument, message));
    if range.from >= to {
        return refuse("`range.from` must be before `range.to`.".to_owned());
    }
    let step_minutes = granularity.minutes();
    let points = (to - range.from).num_minutes() / step_minutes;
    if usize::try_from(points).is_ok_and(|points| points > POINTS_MAX) {
        return refuse(format!("The range has more than {POINTS_MAX} steps; choose a coarser granularity."));
    }
    let span = Span::new(range.from, to, step_minutes);
    let found = find(ctx, whose, span).await?;
    let point = |(at, totals): &(DateTime<Utc>, model::UsageTotals)| UsagePoint { at: *at, totals: totals.into() };
    let count =
        |(reason, count): &(_, i64)| ReasonCount { reason: AuthFailureReason::from(*reason), count: int(*count) };
    Ok(UsageData {
        totals: (&found.totals).into(),
        series: found.series.iter().map(point).collect(),
        top_reasons: found.reasons.iter().map(count).collect(),
        computed_at: now,
    })
}
