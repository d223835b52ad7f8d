//! When a token request is repeated, and how long is waited before.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, Utc};

use crate::domain::failure::AuthFailure;
use crate::net::header::{HeaderMap, RETRY_AFTER};

/// How long is waited between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Before the first repetition; doubled before each further one, and up to as much again is added by chance, so
    /// that many clients that failed together don't come back together.
    pub delay_min: Duration,
    /// Longest delay before the addition by chance.
    pub delay_max: Duration,
    /// Longest `Retry-After` that is waited for in full.
    pub retry_after_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            delay_min: Duration::from_millis(250),
            delay_max: Duration::from_secs(5),
            retry_after_max: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// The delays before each of at most `retries` repetitions.
    pub fn delays(&self, retries: u32) -> impl Iterator<Item = Duration> + Send + use<> {
        ExponentialBuilder::new()
            .with_min_delay(self.delay_min)
            .with_max_delay(self.delay_max)
            .with_max_times(usize::try_from(retries).unwrap_or_default())
            .with_jitter()
            .build()
    }

    /// Whether the server asks for more patience than a wait within one call can give.
    pub fn is_asked_too_long(&self, retry_after: Option<Duration>) -> bool {
        retry_after.is_some_and(|asked| asked > self.retry_after_max)
    }

    /// Lengthens a delay to what the server asks for; never shortens it.
    pub fn lengthened(&self, delay: Duration, retry_after: Option<Duration>) -> Duration {
        retry_after.map_or(delay, |asked| delay.max(asked.min(self.retry_after_max)))
    }
}

/// Whether a token request that failed so may be repeated: after a network failure, 408, 429 or 5xx, unless the issuer's
/// error code says that nothing will change. Repeating a refused client locks it out at some issuers.
pub fn may_repeat(failure: &AuthFailure) -> bool {
    let status_allows = failure.http_status.is_none_or(|status| matches!(status, 408 | 429 | 500..=599));
    status_allows && failure.reason.retryable()
}

/// Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date, which is zero when it is past. `None` when neither.
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time, and that is what the caps are for.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = DateTime::<Utc>::from(httpdate::parse_http_date(text).ok()?);
    Some((date - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::{AuthFailureReason, AuthPhase};

    fn headers(retry_after: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, retry_after.parse().unwrap())])
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let read = |text| retry_after(&headers(text), now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 01 Mar 2026 12:00:05 GMT"), Some(Duration::from_secs(5)));
        assert_eq!(read("Sun, 01 Mar 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(read("soon"), None);
        assert_eq!(read(""), None);
        assert_eq!(read("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_delay_is_lengthened_up_to_the_cap_and_never_shortened() {
        let policy = RetryPolicy { retry_after_max: Duration::from_secs(30), ..RetryPolicy::default() };
        let second = Duration::from_secs(1);
        assert_eq!(policy.lengthened(second, None), second);
        assert_eq!(policy.lengthened(second, Some(Duration::ZERO)), second);
        assert_eq!(policy.lengthened(second, Some(second * 30)), second * 30);
        assert_eq!(policy.lengthened(second, Some(second * 31)), second * 30);
        assert!(!policy.is_asked_too_long(None) && !policy.is_asked_too_long(Some(second * 30)));
        assert!(policy.is_asked_too_long(Some(second * 31)));
    }

    #[test]
    fn delays_double_with_a_part_by_chance_and_come_to_an_end() {
        let policy = RetryPolicy {
            delay_min: Duration::from_secs(1),
            delay_max: Duration::from_secs(3),
            ..RetryPolicy::default()
        };
        let delays: Vec<f64> = policy.delays(3).map(|delay| delay.as_secs_f64()).collect();
        assert!(matches!(delays[..], [1.0..=2.0, 2.0..=4.0, 3.0..=6.0]), "{delays:?}");
        assert_eq!(policy.delays(0).count(), 0);
    }

    #[test]
    fn only_what_may_pass_by_itself_is_repeated() {
        let repeated = |reason, http_status| {
            may_repeat(&AuthFailure { http_status, ..AuthFailure::new(AuthPhase::Response, reason, "") })
        };
        assert!(repeated(AuthFailureReason::Connect, None));
        assert!(repeated(AuthFailureReason::Timeout, None));
        assert!(repeated(AuthFailureReason::RateLimited, Some(429)));
        assert!(repeated(AuthFailureReason::ServerError, Some(503)));
        assert!(!repeated(AuthFailureReason::InvalidClient, Some(401)));
        assert!(!repeated(AuthFailureReason::InvalidClient, Some(500)));
        assert!(!repeated(AuthFailureReason::ServerError, Some(400)));
        assert!(!repeated(AuthFailureReason::MalformedResponse, Some(200)));
        assert!(!repeated(AuthFailureReason::EgressDenied, None));
    }
}
